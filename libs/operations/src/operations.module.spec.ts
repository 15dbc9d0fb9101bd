import { Controller, Global, Module } from '@nestjs/common';
import { defineContract } from 'millrace/contracts';
import { permanent } from 'millrace/errors';
import { Operations, OperationsModule } from 'millrace/operations';
import { Consumes, KAFKA_DRIVER, PipelineModule } from 'millrace/pipeline';
import { testPipeline } from 'millrace/testing';
import type { TestPipeline } from 'millrace/testing';
import { z } from 'zod';

const MailAsked = defineContract({
  name: 'mails.mail.asked',
  version: 1,
  topic: 'mails',
  key: ({ to }) => to,
  schema: z.object({ to: z.string() }),
  personalData: ['to'],
});

@Controller()
class MailController {
  @Consumes(MailAsked, { groupId: 'mail' })
  async onMail(): Promise<void> {
    throw permanent('nobody lives there');
  }
}

@Global()
@Module({ providers: [{ provide: KAFKA_DRIVER, useValue: null }], exports: [KAFKA_DRIVER] })
class NoKafkaModule {}

@Module({
  imports: [NoKafkaModule, PipelineModule.forRoot({ service: 'lab' }), OperationsModule.forRoot()],
  controllers: [MailController],
})
class LabModule {}

describe('OperationsModule', () => {
  let pipeline: TestPipeline;
  let operations: Operations;

  beforeEach(async () => {
    pipeline = await testPipeline(LabModule);
    operations = pipeline.app.get(Operations);
  });

  afterEach(async () => {
    await pipeline.close();
  });

  it('[OPS-02] shows a record that the service could not handle, with its contract known', async () => {
    await pipeline.publish(MailAsked, { to: 'a@b.c' });
    await pipeline.settled();
    const [group] = await operations.deadLetters.groups();
    expect(group).toMatchObject({
      reason: 'handler-permanent',
      errorCode: 'HANDLER_PERMANENT',
      message: 'nobody lives there',
      groupId: 'mail',
      topic: 'mails',
      count: 1,
    });
    const { value: letter } = await operations.deadLetters.scan({ topic: 'mails' }).next();
    if (letter === undefined) throw new Error('a letter is expected');
    expect(letter.problems).toEqual([]);
    const { value } = await operations.deadLetters.show(letter.position);
    expect(value).toMatchObject({ text: '{"to":"[masked]"}', masked: ['to'] });
  });

  it('[RD10] works on the stores that adapters register while the app starts', async () => {
    await pipeline.publish(MailAsked, { to: 'a@b.c' });
    await pipeline.settled();
    const { value: letter } = await operations.deadLetters.scan().next();
    if (letter === undefined) throw new Error('a letter is expected');
    await operations.deadLetters.park([letter.position], { by: 'ops', reason: 'moved away' });
    expect(await operations.deadLetters.groups()).toEqual([]);
    const [entry] = await operations.activity.list();
    expect(entry).toMatchObject({ by: 'ops', reason: 'moved away', action: 'dead-letters.park' });
  });
});

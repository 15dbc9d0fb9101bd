import { Controller, Global, Module } from '@nestjs/common';
import { defineContract } from 'millrace/contracts';
import { permanent } from 'millrace/errors';
import { Consumes, KAFKA_DRIVER, PipelineModule, RecordContext } from 'millrace/pipeline';
import { z } from 'zod';

export interface Order {
  readonly id: string;
}

export const Ordered = defineContract({
  name: 'lab.order.placed',
  version: 1,
  topic: 'orders',
  key: ({ id }) => id,
  schema: z.strictObject({ id: z.string() }),
});

/** What the handlers do, and what they got. */
export const lab = {
  /** Refuses these; the others are billed. */
  refuses: (_id: string): boolean => false,
  /** Hangs until it is resolved. */
  held: Promise.resolve(),
  billed: [] as Array<{ readonly id: string; readonly eventId: string }>,
  audited: [] as string[],
};

@Controller()
class OrderController {
  @Consumes(Ordered, { groupId: 'billing', stopTheLine: false })
  async onOrder({ id }: Order, context: RecordContext): Promise<void> {
    await lab.held;
    if (lab.refuses(id)) throw permanent(`no such customer as that of ${id}`);
    lab.billed.push({ id, eventId: context.eventId });
  }

  @Consumes(Ordered, { groupId: 'audit' })
  async onAudit({ id }: Order): Promise<void> {
    lab.audited.push(id);
  }
}

/** The driver in memory is put in its place. */
@Global()
@Module({
  providers: [{ provide: KAFKA_DRIVER, useValue: null }],
  exports: [KAFKA_DRIVER],
})
class NoKafkaModule {}

@Module({
  imports: [NoKafkaModule, PipelineModule.forRoot({ service: 'lab' })],
  controllers: [OrderController],
})
export class RedriveLabModule {}

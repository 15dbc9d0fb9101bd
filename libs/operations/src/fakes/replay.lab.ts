import { Controller, Global, Injectable, Module } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { defineContract } from 'millrace/contracts';
import { Consumes, KAFKA_DRIVER, PipelineModule, PipelineRegistry } from 'millrace/pipeline';
import { MemorySink } from 'millrace/testing';
import { z } from 'zod';

export interface Quote {
  readonly metal: string;
  readonly at: number;
}

export const Quoted = defineContract({
  name: 'lab.quote.made',
  version: 1,
  topic: 'quotes',
  key: ({ metal }) => metal,
  schema: z.strictObject({ metal: z.string(), at: z.number() }),
});

/** What the handlers of the lab got. */
export const mails: number[] = [];

@Controller()
class QuoteController {
  @Consumes(Quoted, { groupId: 'mail', inbox: true })
  async onMail({ at }: Quote): Promise<void> {
    mails.push(at);
  }

  @Consumes(Quoted, { groupId: 'careless' })
  async onQuote(): Promise<void> {
    // Its effect would be there twice.
  }
}

/** The newest quote of each metal, in a sink in memory. */
@Injectable()
export class QuoteSink implements OnModuleInit {
  constructor(private readonly registry: PipelineRegistry) {}

  onModuleInit(): void {
    this.registry.registerSink({
      contract: Quoted,
      groupId: 'prices',
      name: QuoteSink.name,
      sink: new MemorySink(),
      identity: {
        id: ({ event }) => (event as Quote).metal,
        version: ({ event }) => (event as Quote).at,
        document: ({ event }) => ({ ...(event as Quote) }),
      },
      options: {},
    });
    this.registry.registerSink({
      contract: Quoted,
      groupId: 'candles',
      name: 'CandleSink',
      sink: new MemorySink(),
      identity: { id: ({ eventId }) => eventId },
      options: {},
    });
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
  controllers: [QuoteController],
  providers: [QuoteSink],
})
export class ReplayLabModule {}

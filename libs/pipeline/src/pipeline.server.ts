import { Server } from '@nestjs/microservices';
import type { CustomTransportStrategy, MessageHandler } from '@nestjs/microservices';
import { consumesExtras } from './consumes.decorator';
import type { ConsumesExtras } from './consumes.decorator';
import { HandlerDuplicateError, ReplyPatternError } from './pipeline.errors';
import type { PipelineRegistry } from './pipeline.registry';
import type { NestHandler } from './handling/handling';
import { pipelineOf } from './subscription';

/** Groups, topics and handlers are joined later, by the life cycle: HTTP must answer before. */
export const PIPELINE_TRANSPORT = Symbol('millrace:pipeline-transport');

/**
 * Is the transport of Nest that takes over the table of handlers.
 *
 * `listen` only registers them; consumers start in the background, with patience.
 *
 * @see docs/adr/0001-own-transport.md
 */
export class PipelineServer extends Server implements CustomTransportStrategy {
  override readonly transportId = PIPELINE_TRANSPORT;
  private readonly listening: Promise<void>;
  private markListening: () => void = () => undefined;

  constructor(
    private readonly registry: PipelineRegistry,
    private readonly defaultGroupId: string,
    /** Finds the method of a handler whose wrapper would do nothing. */
    private readonly directCall: (extras: ConsumesExtras) => NestHandler | null = () => null,
  ) {
    super();
    this.listening = new Promise((resolve) => {
      this.markListening = resolve;
    });
  }

  /** Resolves when the table of handlers is complete. */
  async whenListening(): Promise<void> {
    await this.listening;
  }

  /**
   * @throws {ReplyPatternError} REPLY_PATTERN when a handler wants to answer a record.
   * @throws {HandlerDuplicateError} HANDLER_DUPLICATE when two handlers share topic and group.
   * @throws {GroupTopicsDifferError} GROUP_TOPICS_DIFFER when a group would read two topics.
   * @throws {HandlerOptionsInvalidError} HANDLER_OPTIONS_INVALID when options of a handler cannot work.
   * @throws {InboxMissingError} INBOX_MISSING when a handler wants an inbox and there is none.
   */
  listen(callback: (error?: unknown) => void): void {
    try {
      for (const [pattern, handler] of this.messageHandlers) this.register(pattern, handler);
      this.registry.check();
      this.markListening();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Draining belongs to the life cycle, which has its own order and budgets. */
  close(): void {
    this.messageHandlers.clear();
  }

  override on(): never {
    throw new Error('the pipeline has no events of a transport: inject PipelineEvents');
  }

  override unwrap<T>(): T {
    throw new Error('the pipeline has no native server: inject KAFKA_DRIVER');
  }

  private register(pattern: string, handler: MessageHandler): void {
    if (handler.isEventHandler !== true) {
      throw new ReplyPatternError({ message: `the handler of "${pattern}" is a @MessagePattern` });
    }
    const extras = consumesExtras(handler.extras);
    if (extras === undefined) {
      // Several plain handlers of one topic are called together, as everywhere in Nest.
      this.registry.register({
        topic: pattern,
        contract: null,
        pipeline: this.defaultGroupId,
        name: `@EventPattern('${pattern}')`,
        options: { groupId: this.defaultGroupId },
        target: { kind: 'record', handler: handler as NestHandler },
      });
      return;
    }
    const { contract, options, name, kind } = extras;
    const second = consumesExtras((handler.next as MessageHandler | undefined)?.extras);
    if (second !== undefined) {
      // Nest would call both for one record, with one outcome for the two.
      throw new HandlerDuplicateError({
        message: `${name} and ${second.name} both read topic "${contract.topic}" in group "${options.groupId}"`,
      });
    }
    this.registry.register({
      topic: contract.topic,
      contract,
      pipeline: options.pipeline ?? pipelineOf(contract.name),
      name,
      options,
      target: { kind, handler: this.directCall(extras) ?? (handler as NestHandler) },
    });
  }
}

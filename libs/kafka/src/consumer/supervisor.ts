import { Logger } from '@nestjs/common';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { MillraceError } from 'millrace/errors';
import { exponential, sleep } from 'millrace/retry';
import type { Clock, Random } from 'millrace/retry';
import { ConsumerStoppedError } from '../errors/group.errors';
import type { BrokerContact } from '../kafka.contact';
import type { KafkaObserver } from '../kafka.observer';
import { translateError } from '../kafka.translation';
import type { ConsumerListeners } from './consumer.listeners';
import type { ConsumerSession } from './consumer.session';
import type { MemberHooks } from './member-hooks';

/** Waits between two consumers of one group: full jitter, 1 s to 30 s. */
const RESTART = exponential({ initialMs: 1_000, maxMs: 30_000 });
const HEALTHY_AFTER_MS = 60_000;

export interface SupervisorOptions {
  readonly groupId: string;
  readonly open: () => ConsumerSession;
  readonly hooks: MemberHooks;
  readonly listeners: ConsumerListeners;
  readonly contact: BrokerContact;
  readonly observer: KafkaObserver;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Keeps a group member alive: a client that died is thrown away and a new one built.
 *
 * kafkajs' own restart gives up on some errors and never on others.
 */
export class Supervisor {
  private readonly logger = new Logger('Kafka');
  private readonly stopSignal = new AbortController();
  private session: ConsumerSession | null = null;
  private supervising: Promise<void> | null = null;

  private readonly stopped: Promise<void>;

  constructor(private readonly edge: SupervisorOptions) {
    const { signal } = this.stopSignal;
    this.stopped = new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** The client of now; undefined between two. */
  get vendor(): Consumer | undefined {
    return this.session?.vendor;
  }

  /**
   * Resolves after the first join.
   *
   * @throws {MillraceError} of failure `fatal` when the first attempt met one;
   * {@link ConsumerStoppedError} when it was stopped before.
   */
  async start(eachBatch: (payload: EachBatchPayload) => Promise<void>): Promise<void> {
    this.supervising ??= this.supervise(eachBatch);
    const ended = this.supervising.then(() => {
      throw new ConsumerStoppedError({ where: `group ${this.edge.groupId}` });
    });
    await Promise.race([this.edge.hooks.firstJoin, ended]);
  }

  /** Lets the client of now die of this reason; a new one follows as after any crash. */
  rebuild(reason: MillraceError): void {
    this.session?.abandon(reason);
  }

  async stop(deadlineMs: number): Promise<'clean' | 'forced'> {
    this.stopSignal.abort(new ConsumerStoppedError());
    const { session } = this;
    if (session === null) return 'clean';
    return session.close(this.edge.clock, deadlineMs);
  }

  private async supervise(eachBatch: (payload: EachBatchPayload) => Promise<void>): Promise<void> {
    const { clock, random } = this.edge;
    const { signal } = this.stopSignal;
    let hasJoined = false;
    void this.edge.hooks.firstJoin.then(() => (hasJoined = true));
    for (let crashes = 1; !signal.aborted; crashes += 1) {
      const bornAtMs = clock.monotonicMs();
      const error = await this.runOnce(eachBatch);
      if (error === null) return;
      if (!hasJoined && error.failure === 'fatal') {
        await this.report(error, null);
        throw error;
      }
      if (clock.monotonicMs() - bornAtMs > HEALTHY_AFTER_MS) crashes = 1;
      const restartInMs = RESTART.delayMs(crashes, random);
      await this.report(error, restartInMs);
      await this.pause(restartInMs, signal);
    }
  }

  /** Waits; not longer than until the brokers answer somebody else of this service again. */
  private async pause(delayMs: number, stop: AbortSignal): Promise<void> {
    const contactBack = new AbortController();
    const unsubscribe = this.edge.contact.onChange((connected) => {
      if (connected) contactBack.abort(new Error('the brokers answer again'));
    });
    const signal = AbortSignal.any([stop, contactBack.signal]);
    await sleep(this.edge.clock, delayMs, signal).catch(() => undefined);
    unsubscribe();
  }

  /** @returns why the client died; null when it was stopped. */
  private async runOnce(
    eachBatch: (payload: EachBatchPayload) => Promise<void>,
  ): Promise<MillraceError | null> {
    const { signal } = this.stopSignal;
    const session = this.edge.open();
    this.session = session;
    void session.run(eachBatch);
    const cause = await Promise.race([session.crashed, this.stopped]);
    if (signal.aborted) return null;
    await this.edge.hooks.died();
    this.session = null;
    session.discard();
    return translateError(cause, `group ${this.edge.groupId}`);
  }

  private async report(error: MillraceError, restartInMs: number | null): Promise<void> {
    const { groupId, observer, listeners, contact } = this.edge;
    if (error.failure === 'infrastructure') contact.failed();
    observer.crashed(groupId, error.code);
    const fate = restartInMs === null ? 'given up' : `a new one in ${restartInMs} ms`;
    this.logger.debug(
      { event: 'kafka.consumer.crashed', group: groupId, code: error.code, reason: error.message },
      `consumer of group ${groupId} died: ${error.message}; ${fate}`,
    );
    await listeners.emit('crashed', { error, restartInMs });
  }
}

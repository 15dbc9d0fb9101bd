import type { ServerResponse } from 'node:http';
import type { Clock } from 'millrace/retry';
import type { Gatekeeper } from '../access/gatekeeper';
import type { KnownUser } from '../access/sessions';
import { ConsoleStreamLimitError } from '../console.errors';
import type { ConsoleMetrics } from '../console.metrics';
import { CONSOLE_DEFAULTS } from '../console.options';
import { EventStream } from './event-stream';
import { StateHistory } from './state-history';
import type { StateSampler } from './state-sampler';

export interface EventStreamsParts {
  readonly sampler: Pick<StateSampler, 'sample'>;
  readonly gatekeeper: Pick<Gatekeeper, 'isExpired'>;
  readonly metrics: Pick<ConsoleMetrics, 'streams'>;
  readonly clock: Clock;
}

/** All event streams: one look at the state each second, whatever their number; none while there is none. */
export class EventStreams {
  private readonly streams = new Set<EventStream>();
  private readonly history: StateHistory;
  private cancelTimer: (() => void) | null = null;
  private beatMs = 0;

  constructor(private readonly parts: EventStreamsParts) {
    // A process begins anew: nobody can go on where another one ended.
    this.history = new StateHistory(parts.clock.now().toString(36));
  }

  get count(): number {
    return this.streams.size;
  }

  /**
   * @param lastEventId - where the caller was cut off; null = a new one.
   * @throws {ConsoleStreamLimitError} CONSOLE_STREAM_LIMIT
   */
  async open(user: KnownUser, response: ServerResponse, lastEventId: string | null): Promise<void> {
    const own = [...this.streams].filter((stream) => stream.user.name === user.name);
    const { streamsPerUser, streams } = CONSOLE_DEFAULTS;
    if (own.length >= streamsPerUser || this.streams.size >= streams) {
      throw new ConsoleStreamLimitError();
    }
    const stream = new EventStream(user, response);
    this.streams.add(stream);
    this.parts.metrics.streams(this.streams.size);
    response.once('close', () => this.remove(stream));
    try {
      if (this.cancelTimer === null) await this.begin();
    } catch (error) {
      this.remove(stream);
      throw error;
    }
    stream.begin(this.history, lastEventId);
  }

  close(): void {
    for (const stream of [...this.streams]) stream.end();
  }

  private async begin(): Promise<void> {
    this.arm();
    this.beatMs = this.parts.clock.monotonicMs();
    this.history.take(await this.parts.sampler.sample());
  }

  private remove(stream: EventStream): void {
    this.streams.delete(stream);
    this.parts.metrics.streams(this.streams.size);
    if (this.streams.size > 0) return;
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  private arm(): void {
    const { clock } = this.parts;
    this.cancelTimer = clock.setTimer(() => void this.tick(), CONSOLE_DEFAULTS.streamIntervalMs);
  }

  private async tick(): Promise<void> {
    try {
      this.history.take(await this.parts.sampler.sample());
    } catch {
      // The heartbeat goes on, and the age of the last event tells the reader.
    }
    // Everybody may have left meanwhile.
    if (this.cancelTimer === null) return;
    this.tell();
    this.arm();
  }

  private tell(): void {
    const { clock, gatekeeper } = this.parts;
    const isBeat = clock.monotonicMs() - this.beatMs >= CONSOLE_DEFAULTS.heartbeatMs;
    if (isBeat) this.beatMs = clock.monotonicMs();
    for (const stream of [...this.streams]) {
      if (gatekeeper.isExpired(stream.user)) stream.end();
      else stream.follow(this.history, isBeat);
    }
  }
}

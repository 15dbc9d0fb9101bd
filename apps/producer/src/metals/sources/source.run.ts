import { ContractInvalidError, validateEvent } from 'millrace/contracts';
import type { MillraceError } from 'millrace/errors';
import { PriceQuoted } from 'millrace/events';
import type { PublishOutcome } from 'millrace/pipeline';
import { exponential, sleep } from 'millrace/retry';
import type { Clock, Random } from 'millrace/retry';
import type { PricePublisher, PriceToPublish } from '../price.publisher';
import type { Ledger } from './ledger';
import type { Source, SourceEntry } from './source';
import { SourceProgress } from './source.progress';

export interface SourceRunParts {
  readonly publisher: Pick<PricePublisher, 'publishAll'>;
  readonly ledger: Pick<Ledger, 'add'>;
  readonly clock: Clock;
  readonly random: Random;
}

interface Sendable extends PriceToPublish {
  readonly line: number | undefined;
}

const CHUNKS_IN_FLIGHT = 4;
const PUBLISH_DEADLINE_MS = 5_000;
const BACKOFF = exponential({ initialMs: 200, maxMs: 5_000 });

/**
 * Publishes what a source reads, once.
 *
 * Promises: a bad row is reported and left out; what the brokers do not take is sent again with the
 * same event id, for as long as it needs; at most four chunks wait for their acknowledgement.
 */
export class SourceRun {
  readonly progress: SourceProgress;
  private readonly stopping = new AbortController();
  private readonly inFlight = new Set<Promise<void>>();
  private fatal: MillraceError | undefined;

  constructor(
    private readonly source: Source,
    private readonly parts: SourceRunParts,
  ) {
    this.progress = new SourceProgress(source.name);
  }

  /** Reads and publishes to the end. Never rejects: how it ended is in {@link progress}. */
  async run(): Promise<void> {
    const { signal } = this.stopping;
    try {
      for await (const chunk of this.source.chunks(signal)) {
        if (signal.aborted) break;
        while (this.inFlight.size >= CHUNKS_IN_FLIGHT) await Promise.race(this.inFlight);
        this.start(chunk);
      }
      await Promise.all(this.inFlight);
      this.finish();
    } catch (error) {
      await Promise.all(this.inFlight);
      this.progress.end('failed', error instanceof Error ? error.message : 'cannot be read');
    }
  }

  /** Reads no more; what is on its way is waited for. */
  stop(): void {
    this.stopping.abort(new Error('the source is stopped'));
  }

  private finish(): void {
    if (this.fatal !== undefined) this.progress.end('failed', this.fatal.message);
    else this.progress.end(this.stopping.signal.aborted ? 'stopped' : 'done');
  }

  private start(chunk: readonly SourceEntry[]): void {
    const sending = this.send(chunk.flatMap((entry) => this.checked(entry)));
    this.inFlight.add(sending);
    void sending.then(() => this.inFlight.delete(sending));
  }

  private async send(entries: readonly Sendable[]): Promise<void> {
    const { publisher, clock, random } = this.parts;
    let open = entries;
    for (let attempt = 1; open.length > 0; attempt += 1) {
      const outcomes = await publisher.publishAll(open, PUBLISH_DEADLINE_MS);
      open = open.filter((entry, index) => this.isOpen(entry, outcomes[index]));
      if (open.length === 0 || this.stopping.signal.aborted) return;
      // The only rejection is that of the signal, and the loop ends by it.
      const delayMs = BACKOFF.delayMs(attempt, random);
      await sleep(clock, delayMs, this.stopping.signal).catch(() => undefined);
      if (this.stopping.signal.aborted) return;
    }
  }

  /** @returns true when it has to be sent again. */
  private isOpen(entry: Sendable, outcome: PublishOutcome | undefined): boolean {
    if (outcome === undefined) return true;
    if (!('error' in outcome)) {
      this.progress.acknowledged();
      this.parts.ledger.add(outcome.eventId);
      return false;
    }
    const { error } = outcome;
    if (error.failure === 'permanent') {
      this.progress.refused(entry.line, error.message);
      return false;
    }
    if (error.failure === 'fatal') {
      this.fatal ??= error;
      this.stop();
    }
    this.progress.delayed(error.message);
    return true;
  }

  private checked(entry: SourceEntry): Sendable[] {
    if ('problem' in entry) {
      this.progress.refused(entry.line, entry.problem);
      return [];
    }
    const { eventId, line } = entry;
    const validated = validateEvent(PriceQuoted, entry.event);
    if ('event' in validated) return [{ event: validated.event, eventId, line }];
    const problem = validated.issues
      .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
      .join('; ');
    this.progress.refused(line, problem || ContractInvalidError.definition.summary);
    return [];
  }
}

import { Logger } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import { renderError } from 'millrace/errors';
import type { Clock } from 'millrace/retry';
import type { Failure } from '../failures/dead-letter.headers';
import type { Line } from '../failures/line';
import type { StoppedLine } from '../ports/control-store';
import type { KafkaRecord, TopicPartition } from '../ports/record';
import type { HandlingScope } from '../records/record-context';
import type { OutcomeCounts } from '../records/tally';
import type { StopTheLineOptions } from '../subscription';
import { CodeCounts } from './code-counts';
import { DeadLetterRuns } from './dead-letter.runs';
import type { OpenSlice } from './dead-letter.runs';
import { SlidingCounts } from './sliding-counts';
import { LineStoppedError } from './supervision.errors';
import { Turnstile } from './turnstile';

/** When a handler stops itself, unless it says otherwise. */
export const STOP_THE_LINE_DEFAULTS: Required<StopTheLineOptions> = Object.freeze({
  deadLetterRatio: 0.2,
  windowMs: 120_000,
  minRecords: 50,
  maxConsecutive: 50,
});

export interface StopTheLineParts {
  readonly groupId: string;
  readonly pipeline: string;
  /** false = it never stops itself; it can still be held. */
  readonly options: StopTheLineOptions | false;
  readonly clock: Clock;
  /** It has stopped itself. */
  readonly onStopped: (causes: StoppedLine['causes']) => void;
  /** Called with each change of what must be paused. */
  readonly onChange: () => void;
}

/**
 * Stops the line of a group before too many of its records become dead letters.
 *
 * Promises: the dead letter that would be one too many is not written; one bad record in a thousand
 * never stops it; stopped, it waits for {@link StopTheLine.resume}, and counts anew after it.
 */
export class StopTheLine implements Line {
  private readonly logger = new Logger('Line');
  private readonly limits: Required<StopTheLineOptions> | null;
  private readonly counts: SlidingCounts;
  private readonly runs = new DeadLetterRuns();
  private readonly codes = new CodeCounts();
  private readonly turnstile = new Turnstile();
  private readonly heldPartitions = new Map<string, TopicPartition>();
  private isShut = false;

  constructor(private readonly parts: StopTheLineParts) {
    const { options, clock } = parts;
    this.limits = options === false ? null : { ...STOP_THE_LINE_DEFAULTS, ...options };
    const windowMs = this.limits?.windowMs ?? STOP_THE_LINE_DEFAULTS.windowMs;
    this.counts = new SlidingCounts(windowMs, clock);
  }

  get isStopped(): boolean {
    return this.isShut;
  }

  /** Partitions that wait for a person because of what is in them. */
  get held(): readonly TopicPartition[] {
    return [...this.heldPartitions.values()];
  }

  /** Says that work on a slice begins: its records are part of what is judged. */
  begin(source: TopicPartition, records: readonly KafkaRecord[]): OpenSlice {
    return this.runs.begin(source, records);
  }

  end(slice: OpenSlice, isFinished: boolean): void {
    this.runs.end(slice, isFinished);
  }

  finished(_source: TopicPartition, counts: OutcomeCounts): void {
    // A record in a retry topic is neither good nor bad yet.
    for (const [outcome, count] of Object.entries(counts)) {
      if (outcome !== 'retry') this.counts.addSeen(count);
    }
  }

  async admit(failures: readonly Failure[], scope: HandlingScope): Promise<number> {
    for (;;) {
      scope.signal.throwIfAborted();
      if (!this.isShut) {
        const admitted = this.admitFirst(failures);
        if (admitted > 0 || failures.length === 0) return admitted;
        for (const { error } of failures) this.codes.add(error.code);
        this.trip();
      }
      await this.turnstile.wait(scope.signal);
    }
  }

  async hold(cause: MillraceError, scope: HandlingScope): Promise<void> {
    const { topic, partition } = scope;
    const key = `${topic}/${partition}`;
    this.logger.error(
      {
        event: 'pipeline.held',
        group: this.parts.groupId,
        error_code: cause.code,
        topic,
        partition,
      },
      `${key} waits for a person: ${renderError(cause)}`,
    );
    this.heldPartitions.set(key, { topic, partition });
    this.parts.onChange();
    try {
      await this.turnstile.wait(scope.signal);
    } finally {
      this.heldPartitions.delete(key);
      this.parts.onChange();
    }
  }

  /** Stops it for a reason from outside: a record of it that was kept, or another process. */
  stop(): void {
    if (this.isShut) return;
    this.isShut = true;
    this.parts.onChange();
  }

  /** Lets everything that waits go on, and counts anew. @returns false when nothing waited. */
  resume(): boolean {
    if (!this.isShut && this.heldPartitions.size === 0) return false;
    this.isShut = false;
    this.counts.clear();
    this.runs.clear();
    this.codes.clear();
    this.turnstile.open();
    this.parts.onChange();
    return true;
  }

  private admitFirst(failures: readonly Failure[]): number {
    let admitted = 0;
    for (const { source, record, error } of failures) {
      if (!this.hasRoom(source, record)) break;
      this.counts.addDead(1);
      this.runs.add(source, record.offset);
      this.codes.add(error.code);
      admitted += 1;
    }
    return admitted;
  }

  private hasRoom(source: TopicPartition, record: KafkaRecord): boolean {
    if (this.limits === null) return true;
    const { deadLetterRatio, minRecords, maxConsecutive } = this.limits;
    if (this.runs.lengthWith(source, record.offset) > maxConsecutive) return false;
    const totals = this.counts.totals;
    const dead = totals.dead + 1;
    const seen = Math.max(dead, totals.seen + this.runs.openRecords);
    return seen < minRecords || dead / seen <= deadLetterRatio;
  }

  private trip(): void {
    const { groupId, pipeline } = this.parts;
    const causes = this.codes.top(3);
    const reasons = causes.map(({ code, count }) => `${code} (${count})`).join(', ');
    const error = new LineStoppedError({
      message: `group "${groupId}" has stopped itself before more dead letters: ${reasons}`,
      where: `pipeline ${pipeline}`,
    });
    this.logger.error(
      { event: 'pipeline.line_stopped', group: groupId, error_code: error.code, causes },
      renderError(error),
    );
    this.stop();
    this.parts.onStopped(causes);
  }
}

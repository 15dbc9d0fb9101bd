import { Logger } from '@nestjs/common';

/** How a source is; closed set. */
export const SOURCE_STATES = ['idle', 'running', 'done', 'failed', 'stopped'] as const;
export type SourceState = (typeof SOURCE_STATES)[number];

/** What `GET /sources` tells about a source. */
export interface SourceStatus {
  readonly state: SourceState;
  /** Events that Kafka acknowledged in this run. */
  readonly published: number;
  /** Rows and events that were refused for good in this run. */
  readonly failed: number;
  readonly lastError?: string;
}

/** Rows that are logged by number; beyond it only their count grows. */
const LOGGED_ROWS = 20;

/** Counts what happens in one run of a source. */
export class SourceProgress {
  private readonly logger = new Logger('Sources');
  private state: SourceState = 'running';
  private published = 0;
  private failed = 0;
  private lastError: string | undefined;

  constructor(private readonly name: string) {}

  get status(): SourceStatus {
    const { state, published, failed, lastError } = this;
    return { state, published, failed, ...(lastError === undefined ? {} : { lastError }) };
  }

  acknowledged(): void {
    this.published += 1;
  }

  /** Says that a row is left out; the next ones go on. */
  refused(line: number | undefined, problem: string): void {
    this.failed += 1;
    this.lastError = line === undefined ? problem : `line ${line}: ${problem}`;
    if (this.failed > LOGGED_ROWS) return;
    this.logger.warn(
      { event: 'source.row_refused', source: this.name, line, error: problem },
      `${this.name}: ${this.lastError}; it is left out`,
    );
  }

  /** Says that the brokers did not take events, which are sent again. */
  delayed(problem: string): void {
    this.lastError = problem;
  }

  end(state: Exclude<SourceState, 'idle' | 'running'>, problem?: string): void {
    this.state = state;
    if (problem !== undefined) this.lastError = problem;
    const { published, failed, name } = this;
    const facts = { event: 'source.ended', source: name, state, published, failed };
    const line = `${name}: ${state}, ${published} published, ${failed} left out`;
    if (state === 'failed') this.logger.error({ ...facts, error: this.lastError }, line);
    else this.logger.log(facts, line);
  }
}

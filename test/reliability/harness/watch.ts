import type { KafkaLog } from '../../e2e/kafka-log';
import type { Member } from './member';

const EVERY_MS = 1_000;

export interface Watched {
  readonly kafka: KafkaLog;
  readonly topic: string;
  readonly groups: readonly string[];
  readonly members: () => readonly Member[];
}

/** Looks at commits and memory while a scenario runs; a server that is away is no finding. */
export class Watch {
  commitRegressions = 0;
  maxResidentBytes = 0;
  private readonly committed = new Map<string, bigint>();
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<void> | null = null;

  constructor(private readonly watched: Watched) {
    this.timer = setInterval(() => this.look(), EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** After the offsets of a group were set by hand: lower ones are no finding. */
  forgetCommits(): void {
    this.committed.clear();
  }

  private look(): void {
    this.measure();
    this.looking ??= this.readCommits()
      .catch(() => undefined)
      .finally(() => (this.looking = null));
  }

  private measure(): void {
    const sizes = this.watched.members().map((member) => member.residentBytes());
    this.maxResidentBytes = Math.max(this.maxResidentBytes, ...sizes);
  }

  private async readCommits(): Promise<void> {
    const { kafka, topic, groups } = this.watched;
    for (const group of groups) {
      for (const [partition, next] of await kafka.committed(group, topic)) {
        const key = `${group}/${partition}`;
        if (next < (this.committed.get(key) ?? 0n)) this.commitRegressions += 1;
        this.committed.set(key, next);
      }
    }
  }
}

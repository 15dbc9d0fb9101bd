import type { MillraceError } from 'millrace/errors';
import type {
  Assignment,
  BatchHandler,
  ConsumerEvents,
  ConsumerListener,
  ConsumerPort,
  FetchedBatch,
} from '../ports/driver';
import type { Offset, TopicPartition } from '../ports/record';

type Position = TopicPartition & { readonly next: Offset };

/** A scripted member of a group: the test assigns, delivers and takes away. */
export class FakeConsumer implements ConsumerPort {
  readonly commits: Array<{ epoch: number; offsets: readonly Position[] }> = [];
  readonly paused = new Set<string>();
  stopped = 0;
  calls: string[] = [];
  /** What the coordinator says to a commit. */
  answer: (epoch: number) => Promise<'committed' | 'stale'> = async () => 'committed';

  private held: Assignment = { epoch: 0, partitions: [] };
  private handler: BatchHandler | null = null;
  private signal = new AbortController();
  private readonly listeners = new Map<string, Set<(payload: never) => void | Promise<void>>>();

  async start(handler: BatchHandler): Promise<void> {
    this.handler = handler;
  }

  assignment(): Assignment {
    return this.held;
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.paused.add(`${topic}/${partition}`);
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.paused.delete(`${topic}/${partition}`);
  }

  readonly seeks: Array<TopicPartition & { offset: Offset }> = [];
  readonly rebuilds: MillraceError[] = [];

  seek(target: TopicPartition & { offset: Offset }): void {
    this.seeks.push(target);
  }

  rebuild(reason: MillraceError): void {
    this.rebuilds.push(reason);
  }

  async commit(offsets: readonly Position[], epoch: number): Promise<'committed' | 'stale'> {
    this.calls.push('commit');
    const answer = await this.answer(epoch);
    if (epoch !== this.held.epoch) return 'stale';
    if (answer === 'committed') this.commits.push({ epoch, offsets });
    return answer;
  }

  async stop(): Promise<'clean' | 'forced'> {
    this.calls.push('stop');
    this.stopped += 1;
    return 'clean';
  }

  on<E extends keyof ConsumerEvents>(event: E, listener: ConsumerListener<E>): () => void {
    const known = this.listeners.get(event) ?? new Set();
    known.add(listener);
    this.listeners.set(event, known);
    return () => known.delete(listener);
  }

  async emit<E extends keyof ConsumerEvents>(event: E, payload: ConsumerEvents[E]): Promise<void> {
    const known = this.listeners.get(event) ?? [];
    await Promise.all(
      [...known].map(async (listener) => (listener as ConsumerListener<E>)(payload)),
    );
  }

  /** A new epoch; the driver resumes everything, as a client does. */
  async assign(...partitions: number[]): Promise<void> {
    this.signal.abort(new Error('revoked'));
    this.signal = new AbortController();
    const owned = partitions.map((partition) => ({ topic: 'readings', partition }));
    this.held = { epoch: this.held.epoch + 1, partitions: owned };
    this.paused.clear();
    await this.emit('joined', { ...this.held, durationMs: 1 });
  }

  async deliver(
    batch: FetchedBatch,
    epoch: number = this.held.epoch,
  ): Promise<{ readonly resume: Offset | null }> {
    if (this.handler === null) throw new Error('start the consumer first');
    return this.handler(batch, { epoch, signal: this.signal.signal });
  }
}

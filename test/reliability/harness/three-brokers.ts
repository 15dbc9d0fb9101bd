import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from 'millrace/testing';
import { engines } from '../../e2e/checkout';
import { asOperator } from './cluster';

/** What is known of one partition. */
interface PartitionState {
  readonly partitionId: number;
  readonly leader: number;
  readonly isr: readonly number[];
}

/** A cluster of three brokers of its own: replication factor 3, two of them must have a record. */
export class ThreeBrokers {
  private constructor(
    private readonly dir: string,
    /** In the order of the nodes; node 1 is the first. */
    readonly addresses: readonly string[],
  ) {}

  static async start(): Promise<ThreeBrokers> {
    const dir = mkdtempSync(join(tmpdir(), 'millrace-three-brokers-'));
    await engines('up', '--engines=local', '--three-brokers', `--dir=${dir}`);
    const state = JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')) as {
      readonly kafkaBrokers: string;
    };
    return new ThreeBrokers(dir, state.kafkaBrokers.split(','));
  }

  get brokers(): string {
    return this.addresses.join(',');
  }

  /** A topic whose leaders go round: partition 0 begins at node 1, partition 1 at node 2. */
  async createTopic(topic: string, partitions: number): Promise<void> {
    const replicaAssignment = Array.from({ length: partitions }, (_, partition) => ({
      partition,
      replicas: [0, 1, 2].map((step) => ((partition + step) % 3) + 1),
    }));
    await asOperator(this.brokers, (admin) =>
      // Not every broker knows it at once; waiting below is more patient than the client.
      admin.createTopics({ waitForLeaders: false, topics: [{ topic, replicaAssignment }] }),
    );
    await this.whenInSync(topic);
  }

  async partitions(topic: string): Promise<readonly PartitionState[]> {
    const { topics } = await asOperator(this.brokers, (admin) =>
      admin.fetchTopicMetadata({ topics: [topic] }),
    );
    return topics[0]?.partitions ?? [];
  }

  async leaderOf(topic: string, partition: number): Promise<number> {
    const states = await this.partitions(topic);
    return states.find(({ partitionId }) => partitionId === partition)?.leader ?? -1;
  }

  async kill(node: number): Promise<void> {
    await engines('stop-broker', `--dir=${this.dir}`, `--node=${node}`, '--signal=SIGKILL');
  }

  async restart(node: number): Promise<void> {
    await engines('start-broker', `--dir=${this.dir}`, `--node=${node}`);
  }

  /** Waits until every broker has every record, so that the next kill is the first one again. */
  async whenInSync(topic: string): Promise<void> {
    const isInSync = async () =>
      (await this.partitions(topic)).every(({ isr }) => isr.length === 3);
    await eventually(isInSync, { timeoutMs: 60_000, intervalMs: 250, what: 'three in sync' });
  }

  async stop(): Promise<void> {
    await engines('down', `--dir=${this.dir}`);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

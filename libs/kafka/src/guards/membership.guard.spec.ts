import { consumerGroupClass, runnerClass } from '../kafkajs.internals';
import type { ConsumerGroupInternals } from '../kafkajs.internals';
import { vendorError } from '../fakes/fake-producer';
import { installGuards } from './install-guards';
import { assignorWith, hooksOf } from './membership.guard';
import type { Generation, MembershipHooks } from './membership.guard';

type GroupConstructor = new (options: Record<string, unknown>) => ConsumerGroupInternals & {
  seek(target: { topic: string; partition: number; offset: string }): void;
  recoverFromFetch(error: Error): Promise<void>;
};

const SILENT = {
  namespace: () => SILENT,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
} as never as { namespace(): unknown };

/** kafkajs' own class, on a coordinator and a cluster of the spec. */
class Scene {
  readonly told: string[] = [];
  readonly commits: unknown[] = [];
  readonly joinRequests: string[] = [];
  readonly generations: Generation[] = [];
  reclaimable: string | null = null;
  generationId = 0;
  fetched: Array<{ partition: number; highWatermark: string; messages: unknown[] }> = [];
  readonly hooks: MembershipHooks = {
    reclaimMemberId: () => {
      const id = this.reclaimable;
      this.reclaimable = null;
      return id;
    },
    beforeJoin: async ({ lost }) => {
      await Promise.resolve();
      this.told.push(lost ? 'before (lost)' : 'before');
    },
    afterJoin: (generation) => {
      this.told.push('after');
      this.generations.push(generation);
      return Promise.resolve();
    },
    outOfRange: ({ partition }) => {
      this.told.push(`out of range ${partition}`);
      return Promise.resolve();
    },
  };

  private readonly coordinator = {
    isConnected: () => true,
    joinGroup: async ({ memberId }: { memberId: string }) => {
      this.told.push('join');
      this.joinRequests.push(memberId);
      this.generationId += 1;
      return {
        generationId: this.generationId,
        leaderId: 'somebody',
        memberId: memberId === '' ? 'm-1' : memberId,
        members: [],
        groupProtocol: 'RoundRobinAssigner',
      };
    },
    // One topic "t" with partition 0, as the protocol encodes it.
    syncGroup: async () => ({
      memberAssignment: Buffer.from('00000000000100017400000001000000000000000000', 'hex'),
    }),
    offsetCommit: async (payload: unknown) => {
      this.commits.push(payload);
    },
    offsetFetch: async () => ({
      responses: [{ topic: 't', partitions: [{ partition: 0, offset: '5' }] }],
    }),
  };

  readonly group: InstanceType<GroupConstructor>;

  constructor(withHooks = true) {
    const Group = consumerGroupClass() as unknown as GroupConstructor;
    const committed = {};
    const assignor = assignorWith(this.hooks)({ cluster: {}, groupId: 'g', logger: {} } as never);
    this.group = new Group({
      groupId: 'g',
      topics: ['t'],
      topicConfigurations: { t: { fromBeginning: true } },
      logger: SILENT,
      instrumentationEmitter: { emit: () => undefined },
      assigners: withHooks ? [assignor] : [{ name: 'x', protocol: () => ({}) }],
      maxWaitTimeInMs: 1,
      autoCommit: false,
      retry: { retries: 0 },
      cluster: {
        findGroupCoordinator: async () => this.coordinator,
        findTopicPartitionMetadata: () => [{ partitionId: 0, leader: 1 }],
        refreshMetadataIfNecessary: async () => undefined,
        refreshMetadata: async () => undefined,
        committedOffsets: () => committed,
        defaultOffset: () => -2,
        findBroker: async () => ({
          fetch: async () => ({ responses: [{ topicName: 't', partitions: this.fetched }] }),
        }),
      },
    });
  }
}

describe('guardMembership', () => {
  beforeAll(() => installGuards());

  it('is awaited before the join and after the assignment [P4]', async () => {
    const scene = new Scene();
    await scene.group.joinAndSync();
    expect(scene.told).toEqual(['before (lost)', 'join', 'after']);
    expect(scene.generations).toMatchObject([
      { memberId: 'm-1', partitions: [{ topic: 't', partition: 0 }] },
    ]);
    await scene.group.joinAndSync();
    expect(scene.told.slice(3)).toEqual(['before', 'join', 'after']);
  });

  it('makes one join of several that are asked for at once', async () => {
    const scene = new Scene();
    await Promise.all([scene.group.joinAndSync(), scene.group.joinAndSync()]);
    expect(scene.told).toEqual(['before (lost)', 'join', 'after']);
  });

  it('joins with the identity that is reclaimed, once', async () => {
    const scene = new Scene();
    scene.reclaimable = 'm-of-the-dead';
    await scene.group.joinAndSync();
    expect(scene.joinRequests).toEqual(['m-of-the-dead']);
  });

  it('fences a commit with the number of its own generation [P3]', async () => {
    const scene = new Scene();
    await scene.group.joinAndSync();
    await scene.group.joinAndSync();
    const offsets = [{ topic: 't', partition: 0, next: 7n }];
    await scene.generations[0]?.commit(offsets);
    await scene.generations[1]?.commit(offsets);
    const topics = [{ topic: 't', partitions: [{ partition: 0, offset: '7' }] }];
    expect(scene.commits).toMatchObject([
      { groupGenerationId: 1, topics },
      { groupGenerationId: 2, topics },
    ]);
  });

  it('forgets a seek of an older generation', async () => {
    const scene = new Scene();
    await scene.group.joinAndSync();
    scene.group.seek({ topic: 't', partition: 0, offset: '3' });
    await scene.group.joinAndSync();
    expect(scene.group.seekOffset.size).toBe(0);
  });

  it('reports an offset out of range, and neither resets nor commits it [P2]', async () => {
    const scene = new Scene();
    await scene.group.joinAndSync();
    const error = Object.assign(vendorError('KafkaJSOffsetOutOfRange', 'out of range'), {
      topic: 't',
      partition: 0,
    });
    await scene.group.recoverFromFetch(error);
    expect(scene.told.at(-1)).toBe('out of range 0');
    expect(scene.commits).toEqual([]);
  });

  it('leaves a consumer that is not ours its own way', async () => {
    const scene = new Scene(false);
    await scene.group.joinAndSync();
    const error = Object.assign(vendorError('KafkaJSOffsetOutOfRange', 'out of range'), {
      topic: 't',
      partition: 0,
    });
    await scene.group.recoverFromFetch(error);
    expect(scene.told).toEqual(['join']);
    expect(scene.commits).toHaveLength(1);
    expect(hooksOf(scene.group.assigners[0])).toBeUndefined();
  });

  it('drops a batch that was fetched in an older generation [P3]', async () => {
    const scene = new Scene();
    await scene.group.joinAndSync();
    scene.fetched = [{ partition: 0, highWatermark: '9', messages: [{ offset: '5' }] }];
    const [batch] = await scene.group.fetch('1');
    const handled: unknown[] = [];
    const runner = Object.assign(Object.create(runnerClass().prototype) as object, {
      consumerGroup: scene.group,
      running: true,
      logger: SILENT,
      instrumentationEmitter: { emit: () => undefined },
      eachBatch: async (payload: unknown) => {
        handled.push(payload);
      },
    }) as unknown as { handleBatch(one: unknown): Promise<void> };
    await runner.handleBatch(batch);
    expect(handled).toHaveLength(1);
    await scene.group.joinAndSync();
    await runner.handleBatch(batch);
    expect(handled).toHaveLength(1);
  });
});

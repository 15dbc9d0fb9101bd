import fc from 'fast-check';
import type { ConsumerPort } from 'millrace/pipeline';
import { FakeClock } from './fake-clock';
import { MemoryBroker } from './memory-broker';
import { MemoryDriver } from './memory.driver';

const TOPIC = 'numbers';
const GROUP = 'readers';
const PARTITIONS = 3;

interface Delivery {
  readonly partition: number;
  readonly offset: bigint;
}

/** A member that hands nothing on, remembers everything, and commits when it is told. */
class Member {
  readonly delivered: Delivery[] = [];
  readonly gaps: string[] = [];
  private readonly nextOf = new Map<string, bigint>();
  private readonly driver: MemoryDriver;
  private readonly consumer: ConsumerPort;
  isGone = false;

  constructor(private readonly broker: MemoryBroker) {
    this.driver = new MemoryDriver({ broker, limits: { maxRecordsPerBatch: 3 } });
    this.consumer = this.driver.consumer({ groupId: GROUP, topics: [TOPIC] });
    // A committed offset is read before its partition can move.
    this.consumer.on('rebalancing', () => this.commit());
  }

  get holds(): readonly number[] {
    if (this.isGone) return [];
    return this.consumer.assignment().partitions.map(({ partition }) => partition);
  }

  async join(): Promise<void> {
    await this.consumer.start(async (batch, { epoch }) => {
      const place = `${epoch}/${batch.partition}`;
      for (const { offset } of batch.records) {
        const expected = this.nextOf.get(place) ?? this.startOf(batch.partition);
        if (offset !== expected) this.gaps.push(`${place}: ${offset} instead of ${expected}`);
        this.nextOf.set(place, offset + 1n);
        this.delivered.push({ partition: batch.partition, offset });
      }
      return { resume: batch.nextOffset };
    });
  }

  async commit(): Promise<void> {
    const { epoch } = this.consumer.assignment();
    const offsets = [...this.nextOf].flatMap(([place, next]) => {
      const [ofEpoch, partition] = place.split('/').map(Number);
      return ofEpoch === epoch && partition !== undefined
        ? [{ topic: TOPIC, partition, next }]
        : [];
    });
    await this.consumer.commit(offsets, epoch).catch(() => undefined);
  }

  async leave(): Promise<void> {
    this.isGone = true;
    await this.consumer.stop({ deadlineMs: 1_000 });
  }

  kill(): void {
    this.isGone = true;
    this.driver.kill();
  }

  private startOf(partition: number): bigint {
    return this.broker.group(GROUP).committed({ topic: TOPIC, partition }) ?? 0n;
  }
}

/** Everything that may happen to a group, in any order. */
const EVENTS = [
  'publish',
  'join',
  'leave',
  'kill',
  'commit',
  'rebalance',
  'lose session',
  'lose session unnoticed',
  'fail a commit',
  'duplicate',
  'broker down',
  'wait',
] as const;

class Model {
  readonly clock = new FakeClock();
  readonly broker = new MemoryBroker({ clock: this.clock, sessionTimeoutMs: 3_000 });
  readonly members: Member[] = [];
  private published = 0;

  constructor() {
    this.broker.createTopic({ topic: TOPIC, partitions: PARTITIONS });
  }

  async apply(event: (typeof EVENTS)[number], choice: number): Promise<void> {
    const { faults } = this.broker;
    const living = this.members.filter(({ isGone }) => !isGone);
    const member = living[choice % Math.max(1, living.length)];
    if (event === 'publish') this.publish(1 + (choice % 7));
    if (event === 'join' && living.length < 4) this.join();
    if (event === 'leave') void member?.leave();
    if (event === 'kill') member?.kill();
    if (event === 'commit') void member?.commit();
    if (event === 'rebalance') void faults.rebalance(GROUP);
    if (event === 'lose session') faults.loseMember(GROUP, { index: choice });
    if (event === 'lose session unnoticed') faults.loseMember(GROUP, { noticeAfterMs: 2_000 });
    if (event === 'fail a commit') faults.failNextCommits(1);
    if (event === 'duplicate') faults.duplicate(TOPIC, choice % 4);
    if (event === 'broker down') faults.brokerDown(500);
    await this.clock.advance(event === 'wait' ? choice * 400 : choice % 3);
  }

  committed(): readonly bigint[] {
    const group = this.broker.group(GROUP);
    return Array.from(
      { length: PARTITIONS },
      (_, partition) => group.committed({ topic: TOPIC, partition }) ?? 0n,
    );
  }

  /** Lets one fresh member read what the others left, and commit it. */
  async finish(): Promise<void> {
    for (const member of this.members) if (!member.isGone) void member.leave();
    this.broker.faults.failNextCommits(0);
    const last = this.join();
    await this.clock.runUntil(() => last.holds.length === PARTITIONS);
    await this.clock.runUntil(async () => {
      await last.commit();
      return this.broker.lagOf(GROUP, [TOPIC]) === 0n;
    });
  }

  private publish(count: number): void {
    for (let left = count; left > 0; left -= 1) {
      this.published += 1;
      const value = Buffer.from(String(this.published));
      this.broker.append(TOPIC, { key: Buffer.from(`k${this.published % 5}`), value, headers: [] });
    }
  }

  private join(): Member {
    const member = new Member(this.broker);
    this.members.push(member);
    void member.join();
    return member;
  }
}

const history = fc.array(fc.tuple(fc.constantFrom(...EVENTS), fc.nat({ max: 12 })), {
  minLength: 5,
  maxLength: 40,
});

describe('a group on the in-memory broker, whatever happens to it', () => {
  it('[DX-01] [DEL-01] gets every record at least once, in order from the committed offset', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (events) => {
        const model = new Model();
        for (const [event, choice] of events) await model.apply(event, choice);
        await model.finish();
        const seen = new Set(
          model.members.flatMap(({ delivered }) =>
            delivered.map(({ partition, offset }) => `${partition}@${offset}`),
          ),
        );
        const logged = model.broker
          .records(TOPIC)
          .map(({ partition, offset }) => `${partition}@${offset}`);
        expect(logged.filter((place) => !seen.has(place))).toEqual([]);
        expect(model.members.flatMap(({ gaps }) => gaps)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('[DX-01] never gives one partition to two members that know of each other', async () => {
    const noticed = EVENTS.filter((event) => event !== 'lose session unnoticed');
    const anyNoticed = fc.array(fc.tuple(fc.constantFrom(...noticed), fc.nat({ max: 12 })), {
      minLength: 5,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(anyNoticed, async (events) => {
        const model = new Model();
        for (const [event, choice] of events) {
          await model.apply(event, choice);
          const held = model.members.flatMap(({ holds }) => holds);
          expect(held).toEqual([...new Set(held)]);
        }
        await model.finish();
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('[DX-01] never moves a committed offset back, though old members commit too', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (events) => {
        const model = new Model();
        let before = model.committed();
        for (const [event, choice] of events) {
          await model.apply(event, choice);
          const now = model.committed();
          expect(now.filter((next, partition) => next < (before[partition] ?? 0n))).toEqual([]);
          before = now;
        }
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it('gives the same history twice for the same events', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (events) => {
        const runs: unknown[] = [];
        for (let run = 0; run < 2; run += 1) {
          const model = new Model();
          for (const [event, choice] of events) await model.apply(event, choice);
          await model.finish();
          runs.push(model.members.map(({ delivered }) => delivered));
        }
        expect(runs[0]).toEqual(runs[1]);
      }),
      { numRuns: 15 },
    );
  }, 120_000);
});

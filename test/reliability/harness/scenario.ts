import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from 'millrace/testing';
import { MongoClient } from 'mongodb';
import { KafkaLog } from '../../e2e/kafka-log';
import { movementContract } from '../service/movement';
import { environmentOf, groupOf } from '../service/workload';
import type { Part, Workload } from '../service/workload';
import { buildService } from './build-service';
import { FaultLog } from './fault-log';
import { badMembersOf, drainAll, leaksOf, pagesOf } from './inspection';
import { Member } from './member';
import { MovementLedger } from './movement-ledger';
import { MovementSource } from './movement.source';
import { observe } from './observation';
import type { Observation } from './observation';
import { writeResult } from './result';
import { MEMBER_DEFAULTS, workloadFor } from './scenario.options';
import type { ScenarioOptions } from './scenario.options';
import { seedOfRun } from './seeded-random';
import type { SeededRandom } from './seeded-random';
import { Servers } from './servers';
import { committedPast, verdictOf } from './verdict';
import type { Verdict } from './verdict';
import { Watch } from './watch';

/** Lag is 0, so everything works again: who is not ready by then hangs; unit ms. */
const READY_AFTER_HEALING_MS = 20_000;

export type { ScenarioOptions } from './scenario.options';

/**
 * One experiment: a topic, groups and a database of its own, a ledger of what was published, processes
 * that are killed, and a verdict at the end.
 *
 * @example
 * const scenario = await Scenario.open({ name: 'outage' });
 * await scenario.addReadyMembers(2);
 * await scenario.source.send(10_000);
 * await scenario.kill();
 * await scenario.addMember();
 * const verdict = await scenario.finish({ lagWithinMs: 60_000 });
 * expect(verdict).toMatchObject({ code: 'ok', lost: 0 });
 * await scenario.close();
 */
export class Scenario {
  readonly faults = new FaultLog();
  readonly members: Member[] = [];
  private readonly watch: Watch;
  private readonly startedAtMs = performance.now();
  private committedPastBefore = 0;

  private constructor(
    readonly name: string,
    readonly workload: Workload,
    readonly servers: Servers,
    readonly kafka: KafkaLog,
    readonly ledger: MovementLedger,
    readonly source: MovementSource,
    readonly random: SeededRandom,
    /** Text in every movement that must appear nowhere else. */
    readonly memo: string,
    readonly seed: number,
    private readonly dir: string,
    private readonly options: ScenarioOptions,
  ) {
    const groups = workload.parts.map((part) => this.groupOf(part));
    const living = () => this.living;
    this.watch = new Watch({ kafka, topic: workload.topic, groups, members: living });
  }

  static async open(options: ScenarioOptions): Promise<Scenario> {
    await buildService();
    const { name, partitions = 12, accounts = 100 } = options;
    const servers = Servers.fromEnvironment();
    const seed = seedOfRun();
    process.stdout.write(`${name}: RELIABILITY_SEED=${seed.seed}\n`);
    const random = seed.for(name);
    const run = `${name}-${randomBytes(3).toString('hex')}`;
    const dir = mkdtempSync(join(tmpdir(), `millrace-${run}-`));
    const workload = workloadFor(options, run, dir);
    const kafka = new KafkaLog(servers.brokers);
    await kafka.connect();
    await kafka.createTopics([workload.topic, `${workload.topic}.dead-letter`], partitions);
    const ledger = new MovementLedger(run, accounts);
    const memo = `memo-${randomBytes(8).toString('hex')}`;
    const source = new MovementSource({
      ...{ brokers: servers.brokers, ledger, memo, random: random.for('movements') },
      contract: movementContract(workload.topic),
    });
    await source.connect();
    return new Scenario(
      ...([name, workload, servers, kafka, ledger, source] as const),
      ...([random, memo, seed.seed, dir, { ...options, partitions, accounts }] as const),
    );
  }

  get about(): string {
    return this.options.about ?? '';
  }

  get database(): string {
    return this.workload.run.replaceAll('-', '_');
  }

  get living(): readonly Member[] {
    return this.members.filter(({ isAlive }) => isAlive);
  }

  get elapsedMs(): number {
    return performance.now() - this.startedAtMs;
  }

  groupOf(part: Part): string {
    return groupOf(this.workload.run, part);
  }

  /** Starts a process of the workload; does not wait for anything. @param env - over that of the scenario. */
  addMember(
    env: Readonly<Record<string, string>> = {},
    nodeArguments: readonly string[] = [],
  ): Member {
    const name = `${this.name}-member-${this.members.length + 1}`;
    const { brokers, mongoUri } = this.servers;
    const places = {
      KAFKA_BROKERS: brokers,
      MONGODB_URI: mongoUri,
      MONGODB_DATABASE: this.database,
    };
    const workload = {
      ...environmentOf(this.workload),
      KAFKA_PARTITIONS: String(this.options.partitions),
    };
    const all = { ...MEMBER_DEFAULTS, ...places, ...workload, ...this.options.env, ...env };
    const member = Member.start(name, join(this.dir, `${name}.log`), all, nodeArguments);
    this.members.push(member);
    return member;
  }

  async addReadyMembers(count: number): Promise<readonly Member[]> {
    const fresh = Array.from({ length: count }, () => this.addMember());
    return Promise.all(fresh.map((member) => member.whenReady()));
  }

  /**
   * Waits for the next write of a member, a random time more, and kills it by SIGKILL inside of a write.
   *
   * @param options.afterMs - range of the random time; default 0-40; unit ms.
   * @returns whether it was inside of a write; false also when nobody wrote in time (nobody is killed then).
   */
  async kill({
    afterMs = [0, 40],
    withinMs = 30_000,
  }: {
    readonly afterMs?: readonly [number, number];
    readonly withinMs?: number;
  } = {}): Promise<boolean> {
    const victim = await this.nextWriter(withinMs);
    if (victim === null) {
      this.faults.add('member-killed', this.ledger.size, 'nobody wrote', false);
      return false;
    }
    await pause(this.random.between(afterMs));
    // Between two writes a kill proves little: a moment more, then it comes anyway.
    const isInside = () => victim.isInsideWork || !victim.isAlive;
    await eventually(isInside, { timeoutMs: 500, intervalMs: 1 }).catch(() => undefined);
    const { insideWork } = await victim.stop('SIGKILL');
    this.faults.add('member-killed', this.ledger.size, victim.name, insideWork);
    return insideWork;
  }

  /**
   * Kills every member at once, inside of work, and compares commits with what is stored while nobody works.
   *
   * @returns records below a commit that have no durable outcome (I3); they count in the verdict.
   */
  async blackout(): Promise<number> {
    await this.kill();
    await Promise.all(this.living.map((member) => member.stop('SIGKILL')));
    this.faults.add('blackout', this.ledger.size, 'every member killed');
    const { run, parts } = this.workload;
    const found = committedPast({
      run,
      parts,
      ledger: this.ledger,
      observation: await this.observe(),
    });
    this.committedPastBefore += found;
    return found;
  }

  /** Waits until every group has committed everything. @returns false when it did not in time. */
  async settle(withinMs: number): Promise<boolean> {
    const isSettled = async () => (await this.lag()) === 0n;
    return eventually(isSettled, { timeoutMs: withinMs, intervalMs: 250, what: 'lag 0' }).catch(
      () => false,
    );
  }

  /** Of all groups together; unit records. */
  async lag(): Promise<bigint> {
    const { parts, topic } = this.workload;
    const lags = await Promise.all(parts.map((part) => this.kafka.lag(this.groupOf(part), topic)));
    return lags.reduce((sum, lag) => sum + lag, 0n);
  }

  /** What foreign clients find now; one moment in time only while nobody works. */
  observe(): Promise<Observation> {
    const { kafka, ledger, database } = this;
    const { mongoUri } = this.servers;
    return observe({ ...this.workload, kafka, ledger, database, mongoUri });
  }

  /** Offsets were moved by hand: a lower commit is no finding. */
  forgetCommits(): void {
    this.watch.forgetCommits();
  }

  /**
   * Waits for lag 0, drains every member by SIGTERM, looks at everything and judges; writes the result down.
   *
   * @param options.expectedDeadLetters - what bad records of the scenario have asked for; default 0.
   */
  async finish({ lagWithinMs = 90_000, expectedDeadLetters = 0 } = {}): Promise<Verdict> {
    const settlingSinceMs = performance.now();
    const ok = await this.settle(lagWithinMs);
    const afterMs = performance.now() - settlingSinceMs;
    const badMembers = await badMembersOf(this.members, ok ? READY_AFTER_HEALING_MS : 0);
    const pages = await pagesOf(this.living);
    const badDrains = await drainAll(this.living);
    await this.watch.stop();
    const { commitRegressions, maxResidentBytes } = this.watch;
    const leaks = leaksOf(this.memo, this.members, pages);
    const { run, parts } = this.workload;
    const verdict = verdictOf({
      ...{ run, parts, ledger: this.ledger, observation: await this.observe() },
      conduct: {
        ...{ settled: { ok, afterMs }, commitRegressions, maxResidentBytes },
        ...{ badMembers, badDrains, leaks, kills: this.faults.kills },
        ...{ expectedDeadLetters, committedPastBefore: this.committedPastBefore },
      },
    });
    writeResult(this, verdict);
    return verdict;
  }

  /** Ends what still runs and removes what the scenario made, the topics aside. */
  async close(): Promise<void> {
    await this.watch.stop();
    await Promise.all(this.living.map((member) => member.stop('SIGKILL')));
    await this.source.close();
    await this.kafka.close();
    const client = new MongoClient(this.servers.mongoUri, { serverSelectionTimeoutMS: 10_000 });
    await client.db(this.database).dropDatabase();
    await client.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async nextWriter(withinMs: number): Promise<Member | null> {
    const before = new Map(this.members.map((member) => [member, member.begun]));
    const writes = (member: Member) => member.begun > (before.get(member) ?? 0);
    const find = () => this.living.find(writes);
    const options = { timeoutMs: withinMs, intervalMs: 2, what: 'a write' };
    return eventually(find, options).then(
      (found) => found ?? null,
      () => null,
    );
  }
}

export const pause = (ms: number): Promise<void> =>
  new Promise((wake) => setTimeout(wake, Math.max(0, ms)));

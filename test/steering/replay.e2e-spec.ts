import type { ReplayPreview, ReplayProgress } from 'millrace/operations';
import type { Job } from 'millrace/pipeline';
import { eventually } from 'millrace/testing';
import { sized } from '../reliability/harness/form';
import { Load } from '../reliability/harness/load';
import type { Member } from '../reliability/harness/member';
import { Scenario, pause } from '../reliability/harness/scenario';
import type { Verdict } from '../reliability/harness/verdict';
import { writeScenarioResult } from '../scenario.result';
import { LagTrack } from './replay/lag-track';
import { Operator } from './replay/operator';

const HOUR_MS = 3_600_000;
type Progress = Pick<ReplayProgress, 'records' | 'done'>;
/** Records older than an hour, which no replay of the last hour may touch. */
const OLD = 1_000;
const HISTORY = sized({ short: 2_500, full: 100_000 });
/** Of each of two replays. */
const PER_SECOND = sized({ short: 200, full: 1_000 });
/** What goes on meanwhile. */
const LOAD_PER_SECOND = 100;
const BASELINE_MS = sized({ short: 5_000, full: 60_000 });
/** How the process ends that has the second replay; after a kill its lease has to run out. */
const END = sized({ short: 'SIGTERM', full: 'SIGKILL' } as const);
const PATIENCE_MS = sized({ short: 150_000, full: 400_000 });
const BY = { by: 'steering suite', reason: 'the mapping of the last hour was wrong' };

describe('a replay of the last hour beside a live group under load', () => {
  let scenario: Scenario;
  let operator: Operator;
  let load: Load | undefined;
  let members: readonly Member[];
  let preview: ReplayPreview;
  let jobs: readonly Job[];
  let lag: { before: LagTrack; during: LagTrack; after: LagTrack };
  let rebalances: readonly [before: number, after: number];
  let counted: ReadonlyMap<string, number>;
  let handOver: { job: Job; records: number; doneBefore: number; readAfter: number };
  let verdict: Verdict;

  const say = (step: string) =>
    process.stdout.write(`replay: ${step} after ${Math.round(scenario.elapsedMs / 1_000)} s\n`);
  const groupOf = (part: 'movements' | 'balances') => scenario.groupOf(part);
  const sum = async (name: string, ...labels: readonly string[]) => {
    const values = await Promise.all(members.map((member) => member.metric(name, ...labels)));
    return values.reduce((total, value) => total + value, 0);
  };
  const liveRebalances = async () =>
    (await sum('pipeline_rebalances_total', `group="${groupOf('movements')}"`)) +
    (await sum('pipeline_rebalances_total', `group="${groupOf('balances')}"`));
  const trackFor = async (ms: number) => {
    const track = new LagTrack(scenario);
    await pause(ms);
    return track.stop();
  };
  const replay = (part: 'movements' | 'balances') => ({
    groupId: groupOf(part),
    topic: scenario.workload.topic,
    from: { time: new Date(Date.now() - HOUR_MS) },
    ratePerSecond: PER_SECOND,
  });

  /** The process that runs the replay ends in the middle; the other one is to go on. */
  const replayOverAnEnd = async () => {
    const { id, progress } = await operator.operations.replays.start(replay('movements'), BY);
    const { records } = progress as Progress;
    const done = async () => ((await operator.job(id)).progress as Progress).done;
    const isHalfWay = async () => (await done()) > records / 4;
    await eventually(isHalfWay, { timeoutMs: PATIENCE_MS, intervalMs: 100, what: 'half of it' });
    const { owner } = await operator.job(id);
    const victim = members.find(({ pid }) => owner?.includes(`-${pid}-`));
    const survivor = members.find((member) => member !== victim);
    if (victim === undefined || survivor === undefined) throw new Error(`who is ${owner}?`);
    const read = () => survivor.metric('pipeline_records_consumed_total', 'movements.replay"');
    const readBefore = await read();
    await victim.stop(END);
    const kind = END === 'SIGKILL' ? 'member-killed' : 'member-removed';
    scenario.faults.add(kind, scenario.ledger.size, victim.name);
    const doneBefore = await done();
    const job = await operator.ended(id, PATIENCE_MS);
    return { job, records, doneBefore, readAfter: (await read()) - readBefore };
  };

  const report = () => {
    const lagOf = (track: LagTrack) => `${track.quantile(0.5)}, ${track.quantile(0.95)}`;
    const rateOf = ({ createdAt, updatedAt, progress }: Job) =>
      Math.round(
        ((progress as Progress).records * 1_000) / (updatedAt.getTime() - createdAt.getTime()),
      );
    writeScenarioResult({
      suite: 'steering',
      name: 'replay',
      about:
        'The last hour is read again by shadow groups of two live groups under load; then one process of a replay ends, and another goes on.',
      figures: {
        'seed of the data': scenario.seed,
        'records of each replay': jobs
          .map(({ progress }) => (progress as Progress).records)
          .join(', '),
        'records per second asked for': PER_SECOND,
        'records per second, start and end included': jobs.map(rateOf).join(', '),
        'live load, records per second': LOAD_PER_SECOND,
        'live lag before, median and p95, both groups, records': lagOf(lag.before),
        'live lag meanwhile': lagOf(lag.during),
        'live lag afterwards': lagOf(lag.after),
        'rebalances of the live groups meanwhile': rebalances[1] - rebalances[0],
        [`done before ${END}`]: handOver.doneBefore,
        'read by the next process': handOver.readAfter,
        'records of that replay': handOver.records,
        'written new by the replays': counted.get('stored') ?? 0,
        lost: verdict.lost,
        twice: verdict.twice,
        stale: verdict.stale,
        'dead letters': verdict.deadLetters,
      },
    });
  };

  beforeAll(
    async () => {
      scenario = await Scenario.open({
        name: 'replay',
        about: 'The last hour is read again beside the live groups, under load.',
        parts: ['movements', 'balances'],
        halfBulkMs: 0,
      });
      members = await scenario.addReadyMembers(2);
      operator = await Operator.open(scenario.servers, scenario.database);
      const { groups, replays } = operator.operations;
      await scenario.source.send(OLD, Date.now() - 2 * HOUR_MS);
      await scenario.source.send(HISTORY, Date.now() - HOUR_MS / 2);
      await scenario.settle(60_000);
      await eventually(async () => (await groups.list()).length === 2, { timeoutMs: 20_000 });
      load = Load.start(scenario, { perSecond: LOAD_PER_SECOND });
      await pause(2_000);
      say('lag as it is');
      const before = await trackFor(BASELINE_MS);
      const rebalancesBefore = await liveRebalances();
      say('replays');
      const during = new LagTrack(scenario);
      preview = await replays.preview(replay('balances'));
      const started = [
        await replays.start(replay('movements'), BY),
        await replays.start(replay('balances'), BY),
      ];
      jobs = await Promise.all(started.map(({ id }) => operator.ended(id, PATIENCE_MS)));
      await during.stop();
      rebalances = [rebalancesBefore, await liveRebalances()];
      counted = new Map([
        ['rebalances', await sum('pipeline_rebalances_total', '.replay.')],
        ['stored', await sum('pipeline_records_processed_total', '.replay"', 'outcome="stored"')],
        ['duplicate', await sum('pipeline_records_processed_total', '.replay"', '"duplicate"')],
        ['stale', await sum('pipeline_records_processed_total', '.replay"', 'outcome="stale"')],
      ]);
      // What the replay may have held up must not count as noise.
      const isCalm = async () => Number(await scenario.lag()) <= before.quantile(0.95);
      await eventually(isCalm, { timeoutMs: 60_000, what: 'lag as before' });
      lag = { before, during, after: await trackFor(BASELINE_MS) };
      say('a replay over the end of its process');
      handOver = await replayOverAnEnd();
      await load.stop();
      say('the end');
      verdict = await scenario.finish();
      report();
    },
    PATIENCE_MS * 2 + 180_000,
  );

  afterAll(async () => {
    await load?.stop();
    await operator.close();
    await scenario.close();
  }, 60_000);

  it('[OPS-01] reads the last hour and nothing else, and says so before', () => {
    expect(preview).toMatchObject({ idempotent: true, ratePerSecond: PER_SECOND });
    expect(preview.records).toBeGreaterThanOrEqual(HISTORY);
    expect(preview.records).toBeLessThan(HISTORY + LOAD_PER_SECOND * 120);
    expect(jobs.map(({ state }) => state)).toEqual(['done', 'done']);
    for (const { progress } of jobs) {
      const { records, done } = progress as Progress;
      expect(done).toBe(records);
    }
  });

  it('[OPS-01] keeps to its rate', () => {
    for (const { createdAt, updatedAt, progress } of jobs) {
      const { records } = progress as Progress;
      const seconds = (updatedAt.getTime() - createdAt.getTime()) / 1_000;
      expect(records / seconds).toBeLessThan(PER_SECOND * 1.1);
    }
  });

  it('[OPS-01] changes nothing: every record of it is a repeat or older than what is there', () => {
    const records = jobs.reduce((sum, { progress }) => sum + (progress as Progress).records, 0);
    expect(counted.get('stored')).toBe(0);
    const repeats = (counted.get('duplicate') ?? 0) + (counted.get('stale') ?? 0);
    expect(repeats).toBeGreaterThanOrEqual(records);
    // At least once: what was in hand at a rebalance of the shadow group comes again.
    const again = (counted.get('rebalances') ?? 0) * 2 * PER_SECOND;
    expect(repeats).toBeLessThanOrEqual(records + again);
  });

  it('[OPS-01] leaves the live groups alone: no rebalance, and lag as before within noise', () => {
    expect(rebalances[1]).toBe(rebalances[0]);
    const { before, during, after } = lag;
    process.stdout.write(
      `replayed: ${JSON.stringify([...counted])}; live lag in records, median and p95: before ${before.quantile(0.5)} ${before.quantile(0.95)}, ` +
        `during ${during.quantile(0.5)} ${during.quantile(0.95)}, ` +
        `after ${after.quantile(0.5)} ${after.quantile(0.95)} (${during.count} samples)\n`,
    );
    const noise = (share: number) => Math.max(before.quantile(share), after.quantile(share));
    // Half a second of load in the middle, two seconds at the edge; both groups together.
    expect(during.quantile(0.5)).toBeLessThanOrEqual(noise(0.5) + LOAD_PER_SECOND);
    expect(during.quantile(0.95)).toBeLessThanOrEqual(noise(0.95) + LOAD_PER_SECOND * 4);
  });

  it(`[OPS-01] goes on elsewhere where it was, after ${END} to its process`, () => {
    const { job, records, doneBefore, readAfter } = handOver;
    expect(job).toMatchObject({ state: 'done', progress: { records, done: records } });
    expect(job.fence).toBeGreaterThan(1);
    expect(doneBefore).toBeGreaterThan(0);
    // What was in hand may come again: at least once.
    expect(readAfter).toBeGreaterThanOrEqual(records - doneBefore - 1_000);
    expect(readAfter).toBeLessThanOrEqual(records - doneBefore + 1_000);
  });

  it('[OPS-01] stores nothing twice and overwrites nothing newer [I1] [I2] [I4]', () => {
    expect(verdict).toMatchObject({ code: 'ok', lost: 0, twice: 0, stale: 0, deadLetters: 0 });
  });
});

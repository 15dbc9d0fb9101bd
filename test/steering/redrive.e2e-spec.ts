import type { RedriveJob, RedrivePreview } from 'millrace/operations';
import type { AuditEntry } from 'millrace/pipeline';
import { sized } from '../reliability/harness/form';
import type { Observation } from '../reliability/harness/observation';
import { Scenario } from '../reliability/harness/scenario';
import type { Verdict } from '../reliability/harness/verdict';
import { FEW_BELOW } from '../reliability/service/workload';
import { writeScenarioResult } from '../scenario.result';
import { BY, RedriveRuns } from './redrive/redrive.run';
import { Operator } from './replay/operator';

const LETTERS = sized({ short: 2_000, full: 100_000 });
const PER_SECOND = sized({ short: 500, full: 2_000 });
const PATIENCE_MS = sized({ short: 90_000, full: 900_000 });
const MAX_REDRIVES = 3;
/** What was sent or handled twice around the kill makes a dead letter twice, when no release takes it. */
const twiceAround = (count: number) => Math.ceil(count * 1.2) + 5;
const ABOUT = `A release with a bug sends ${LETTERS} movements to the dead letter topic; a healed one gets them back at ${PER_SECOND} per second, and the process that redrives them is killed in the middle.`;

describe(`a redrive of ${LETTERS} dead letters`, () => {
  let scenario: Scenario;
  let operator: Operator;
  let runs: RedriveRuns;
  let preview: RedrivePreview;
  let killedAt: number;
  let seconds: number;
  let jobs: readonly RedriveJob[];
  let refusal: unknown;
  let observation: Observation;
  let audit: readonly AuditEntry[];
  let verdict: Verdict;
  /** Movements that no release takes. */
  let spent: readonly number[];

  const release = (refuses: 'all' | 'few') =>
    Promise.all([1, 2].map(() => scenario.addMember({ RELIABILITY_REFUSES: refuses }).whenReady()));

  beforeAll(async () => {
    scenario = await Scenario.open({
      name: 'redrive',
      about: ABOUT,
      parts: ['movements'],
      halfBulkMs: 0,
    });
    operator = await Operator.open(scenario.servers, scenario.database);
    runs = new RedriveRuns(scenario, operator);
    const { redrives, activity } = operator.operations;
    const buggy = await release('all');
    await scenario.source.send(LETTERS);
    if (!(await scenario.settle(PATIENCE_MS))) throw new Error('not all became dead letters');
    runs.note(`${LETTERS} movements are dead letters`);
    await Promise.all(buggy.map((member) => member.stop('SIGTERM')));
    await release('few');
    const filter = { topic: scenario.workload.topic };
    preview = await redrives.preview({ filter, ratePerSecond: PER_SECOND });
    const startedMs = performance.now();
    const first = await runs.start({ filter, ratePerSecond: PER_SECOND });
    refusal = await redrives.start({ filter }, BY).catch((error: unknown) => error);
    killedAt = (await runs.killOwner(first.id, { share: 0.4, timeoutMs: PATIENCE_MS })).at;
    const replaced = scenario.addMember({ RELIABILITY_REFUSES: 'few' }).whenReady();
    const done = [await runs.ended(first.id, PATIENCE_MS)];
    seconds = (performance.now() - startedMs) / 1_000;
    await replaced;
    for (let again = 2; again <= MAX_REDRIVES; again += 1) {
      const { id } = await runs.start({ filter, ratePerSecond: PER_SECOND });
      done.push(await runs.ended(id, PATIENCE_MS));
    }
    jobs = done;
    audit = await activity.list({ limit: 1_000 });
    spent = Array.from({ length: LETTERS }, (_, index) => index).filter(
      (index) => (index * 7_919) % 10_000 < FEW_BELOW,
    );
    verdict = await scenario.finish({
      expectedDeadLetters: preview.matching + MAX_REDRIVES * twiceAround(spent.length),
    });
    observation = await scenario.observe();
    report();
  }, PATIENCE_MS * 4);

  afterAll(async () => {
    await operator.close();
    await scenario.close();
  }, 60_000);

  function report(): void {
    const stored = observation.stored.reduce((sum, copies) => sum + Number(copies > 0), 0);
    writeScenarioResult({
      suite: 'steering',
      name: 'redrive',
      about: ABOUT,
      figures: {
        movements: LETTERS,
        'dead letters, those that are there twice included': preview.matching,
        'rate asked for (per second)': PER_SECOND,
        'sent when the process was killed': killedAt,
        'sent by both processes': jobs[0]?.progress.redriven ?? 0,
        'until everything was handled, the kill included (s)': Math.round(seconds),
        'stored once': stored,
        'stored twice': verdict.twice,
        'refused by every release': spent.length,
        'of them flagged after three redrives': new Set(flagged().map(({ eventId }) => eventId))
          .size,
        'movements that are missing': missing().length,
        'entries of the audit': audit.length,
      },
      steps: runs.steps,
    });
  }

  const flagged = () => observation.deadLetters.filter(({ reason }) => reason === 'redrive-limit');
  const missing = () => {
    const refused = new Set(spent);
    return [...observation.stored.keys()].filter(
      (index) => observation.stored[index] === 0 && !refused.has(index),
    );
  };

  it('[RD3] says before how many go where, and how long it takes', () => {
    // At least once: a dead letter may be there twice, on a slow machine many are.
    const { matching } = preview;
    expect(matching).toBeGreaterThanOrEqual(LETTERS);
    expect(matching).toBeLessThan(LETTERS * 1.5);
    expect(preview).toMatchObject({
      byTarget: [
        {
          topic: `${scenario.workload.topic}.retry.0`,
          groupId: scenario.groupOf('movements'),
          count: matching,
        },
      ],
      estimateSeconds: Math.ceil(matching / PER_SECOND),
    });
    expect(preview.samples).toHaveLength(5);
  });

  it('[OPS-02] [RD6] [RD11] goes on in another process after a kill in the middle', () => {
    expect(killedAt).toBeGreaterThanOrEqual(LETTERS * 0.4);
    const total = preview.matching;
    expect(killedAt).toBeLessThan(total);
    expect(jobs[0]).toMatchObject({
      state: 'done',
      progress: { total, redriven: total, failed: 0 },
    });
    expect(jobs[0]?.fence).toBe(2);
  });

  it('[OPS-02] [RD5] keeps to its rate', () => {
    expect(preview.matching / seconds).toBeLessThan(PER_SECOND * 1.1);
  });

  it('[OPS-02] [RD11] stores every movement exactly once, but those that no release takes', () => {
    const buried = new Set(observation.deadLetters.map(({ eventId }) => eventId));
    expect(buried.size).toBe(LETTERS);
    expect(missing()).toEqual([]);
    expect(spent.filter((index) => observation.stored[index] !== 0)).toEqual([]);
    expect(verdict).toMatchObject({ lost: 0, twice: 0, unexpected: 0 });
  });

  it('[OPS-02] [RD4] leaves what failed three times again where it is, flagged', async () => {
    for (const { progress } of jobs.slice(1)) {
      expect(progress.redriven).toBeGreaterThanOrEqual(spent.length);
      expect(progress.redriven).toBeLessThanOrEqual(twiceAround(spent.length));
    }
    expect(new Set(flagged().map(({ eventId }) => eventId))).toEqual(
      new Set(spent.map((index) => scenario.ledger.idOf(index))),
    );
    const { redrives } = operator.operations;
    const filter = { topic: scenario.workload.topic };
    const found = await redrives.preview({ filter });
    expect(found.byTarget).toEqual([]);
    expect(found.refused['redrive-limit']).toBe(flagged().length);
    await expect(redrives.start({ filter }, BY)).rejects.toMatchObject({ code: 'REDRIVE_NOTHING' });
  });

  it('[OPS-02] refuses a second redrive of the selection while the first one runs', () => {
    expect(refusal).toMatchObject({ code: 'REDRIVE_DUPLICATE' });
  });

  it('[OPS-02] [RD7] tells who did it, why, what was expected and what came of it', () => {
    const ends = audit.filter(({ action }) => action === 'redrive.finish');
    const starts = audit.filter(({ action }) => action === 'redrive.start');
    expect([starts.length, ends.length]).toEqual([MAX_REDRIVES, MAX_REDRIVES]);
    for (const { id, progress } of jobs) {
      const start = starts.find(({ jobId }) => jobId === id);
      expect(start).toMatchObject({ ...BY, detail: { ratePerSecond: PER_SECOND } });
      const { redriven, failed, refused } = progress;
      const end = ends.find(({ jobId }) => jobId === id);
      expect(end).toMatchObject({ ...BY, result: { state: 'done', redriven, failed, refused } });
    }
  });

  it('breaks no other invariant: members live or end, drains are clean, nothing leaks', () => {
    expect(verdict.problems).toEqual([]);
  });
});

import { Logger } from '@nestjs/common';
import type { JobStore } from 'millrace/pipeline';
import { MemoryDriver } from 'millrace/testing';
import { lab } from '../fakes/redrive.lab';
import { ACTOR, DEAD, LANE, RedriveScene } from '../fakes/redrive.scene';
import type { Redrives } from './redrives';
import { RedriveWorker } from './redrive.worker';
import type { RedriveJob } from './redrive.views';
import { REDRIVE_DEFAULTS } from './redrive.views';

beforeAll(() => Logger.overrideLogger(false));

let scene: RedriveScene;
beforeEach(async () => {
  scene = await RedriveScene.open();
});
afterEach(async () => {
  await scene.close();
});

const sent = () => scene.records(LANE).length;
const jobOf = async (id: string) => (await scene.operator().redrives.get(id)) as RedriveJob;
const rated = (ratePerSecond: number) => ({ filter: {}, ratePerSecond });

/** A process that can be killed: from then on nothing of it reaches the store or the broker. */
function mortal() {
  let isDead = false;
  const hang = () => new Promise<never>(() => undefined);
  const jobs = new Proxy(scene.jobs, {
    get: (target, name: keyof JobStore) => {
      const call = target[name].bind(target) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => (isDead ? hang() : call(...args));
    },
  });
  const driver = new MemoryDriver({ broker: scene.pipeline.broker, clientId: 'mortal' });
  const producer = driver.producer.bind(driver);
  driver.producer = () => {
    const port = producer();
    const publish = port.publish.bind(port);
    port.publish = (...args) => (isDead ? hang() : publish(...args));
    return port;
  };
  const { redrives } = scene.operator({ jobs, driver, process: 'mortal' });
  return { redrives, kill: () => void (isDead = true) };
}

describe('a redrive that runs', () => {
  it('[RD5] keeps to its rate, whatever it could do', async () => {
    await scene.fail(60);
    const { redrives } = scene.operator();
    const { id } = await redrives.start(rated(10), ACTOR);
    const startedMs = scene.clock.monotonicMs();
    const run = redrives.run(id);
    await scene.clock.advance(2_000);
    expect(sent()).toBeGreaterThan(15);
    expect(sent()).toBeLessThanOrEqual(21);
    await scene.finish(run);
    expect(scene.clock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(5_900);
  });

  it('[RD5] sends nothing while the group that gets the records is behind', async () => {
    await scene.fail(60);
    const { redrives } = scene.operator({ redriveLimits: { maxLag: 20 } });
    const { id } = await redrives.start(rated(10), ACTOR);
    let goOn = (): void => undefined;
    lab.held = new Promise((resolve) => (goOn = resolve));
    const run = redrives.run(id);
    await scene.clock.advance(20_000);
    // A reading is a second old at most: so many may come on top.
    const before = sent();
    expect(before).toBeGreaterThan(20);
    expect(before).toBeLessThanOrEqual(20 + 10 + 2);
    await scene.clock.advance(20_000);
    expect(sent()).toBe(before);
    goOn();
    expect((await scene.finish(run)).progress.redriven).toBe(60);
  });

  it('ends after as many records as are asked for; the next one goes on behind them', async () => {
    await scene.fail(30);
    const first = await scene.redrive({ filter: {}, maxRecords: 12 });
    expect(first.progress).toMatchObject({ total: 12, redriven: 12 });
    expect(sent()).toBe(12);
    const second = await scene.redrive({ filter: {} });
    expect(second.progress).toMatchObject({ total: 18, redriven: 18 });
    expect(new Set(lab.billed.map(({ id }) => id)).size).toBe(30);
  });

  it('takes no letter that comes while it runs, wherever it lies', async () => {
    await scene.fail(30);
    const { redrives } = scene.operator();
    const { id } = await redrives.start(rated(10), ACTOR);
    const run = redrives.run(id);
    await scene.clock.runUntil(() => sent() >= 3);
    // They get onto all partitions, also those that are not read yet.
    await scene.fail(30);
    expect(scene.records(DEAD).length).toBeGreaterThanOrEqual(60);
    const job = await scene.finish(run);
    expect(job.progress).toMatchObject({ total: 30, redriven: 30 });
    expect(sent()).toBe(30);
  });

  it('[OPS-02] [RD6] goes on in another process when its own was killed, from what was saved', async () => {
    const ids = await scene.fail(100);
    const { redrives: first, kill } = mortal();
    const { id } = await first.start(rated(10), ACTOR);
    void first.run(id);
    await scene.clock.runUntil(() => sent() >= 40);
    kill();
    const saved = (await jobOf(id)).progress;
    expect(saved.redriven).toBeGreaterThan(30);
    const second = scene.operator({ process: 'second' }).redrives;
    const startedMs = scene.clock.monotonicMs();
    const job = await scene.finish(second.run(id));
    // Not before the lease of the first one is over, and not from the beginning.
    expect(scene.clock.monotonicMs() - startedMs).toBeGreaterThan(REDRIVE_DEFAULTS.leaseMs - 2_000);
    expect(job).toMatchObject({ state: 'done', fence: 2, progress: { total: 100, redriven: 100 } });
    expect(sent()).toBeLessThanOrEqual(100 + 10);
    const unique = new Set(lab.billed.map(({ eventId }) => eventId));
    expect(unique).toEqual(new Set(ids.map((order) => `event-${order}`)));
  });

  it('[RD6] is given back by a process that stops, and taken by a service at once', async () => {
    await scene.fail(50);
    const { redrives } = scene.operator();
    const { id } = await redrives.start(rated(10), ACTOR);
    const stop = new AbortController();
    const run = redrives.run(id, { signal: stop.signal });
    await scene.clock.runUntil(() => sent() >= 20);
    stop.abort();
    const released = await scene.finish(run);
    expect(released).toMatchObject({ state: 'waiting', owner: null });
    expect(released.progress.redriven).toBe(sent());
    const worker = workerOf(scene.operator({ process: 'service' }).redrives);
    worker.start();
    await scene.clock.runUntil(async () => (await jobOf(id)).state === 'done');
    expect(sent()).toBe(50);
    await scene.finish(worker.drain());
  });

  it('is followed by a command while a service has it', async () => {
    await scene.fail(20);
    const { redrives } = scene.operator();
    const { id } = await redrives.start(rated(10), ACTOR);
    const worker = workerOf(scene.operator({ process: 'service' }).redrives);
    worker.start();
    await scene.clock.runUntil(() => sent() > 0);
    const seen: number[] = [];
    const onProgress = ({ progress }: RedriveJob) => void seen.push(progress.done);
    const job = await scene.finish(redrives.run(id, { onProgress }));
    expect(job).toMatchObject({ state: 'done', fence: 1 });
    expect(seen.length).toBeGreaterThan(1);
    expect(sent()).toBe(20);
    await scene.finish(worker.drain());
  });
});

describe('a redrive that is cancelled', () => {
  it('[OPS-02] ends where it is, whoever runs it, and says what was sent', async () => {
    await scene.fail(100);
    const { redrives } = scene.operator();
    const { id } = await redrives.start(rated(10), ACTOR);
    const run = redrives.run(id);
    await scene.clock.runUntil(() => sent() >= 20);
    const stopper = { by: 'bob', reason: 'the wrong customers' };
    await scene.operator().redrives.cancel(id, stopper);
    const job = await scene.finish(run);
    expect(job.state).toBe('cancelled');
    expect(job.progress.redriven).toBe(sent());
    expect(sent()).toBeLessThan(100);
    const told = scene.audit.entries.map(({ action, by, result }) => [action, by, result]);
    expect(told).toEqual([
      ['redrive.start', 'ada', undefined],
      ['redrive.cancel', 'bob', undefined],
      ['redrive.finish', 'ada', expect.objectContaining({ state: 'cancelled' })],
    ]);
  });

  it('is refused without a reason, when it is over, and when there is none', async () => {
    await scene.fail(1);
    const { id } = await scene.redrive({ filter: {} });
    const { redrives } = scene.operator();
    const codeOf = (given: string, actor = ACTOR) =>
      redrives.cancel(given, actor).catch(({ code }: { readonly code: string }) => code);
    expect(await codeOf(id, { by: 'ada', reason: '' })).toBe('CONTROL_REASON_MISSING');
    expect(await codeOf(id)).toBe('REDRIVE_OVER');
    expect(await codeOf('nothing')).toBe('REDRIVE_UNKNOWN');
    await expect(redrives.run('nothing')).rejects.toMatchObject({ code: 'REDRIVE_UNKNOWN' });
    expect(scene.audit.entries.map(({ action }) => action)).not.toContain('redrive.cancel');
  });
});

describe('what goes wrong while a redrive runs', () => {
  it('brokers that are away are waited for', async () => {
    await scene.fail(30);
    const { redrives } = scene.operator();
    const { id } = await redrives.start(rated(10), ACTOR);
    const run = redrives.run(id);
    await scene.clock.runUntil(() => sent() >= 10);
    scene.pipeline.broker.faults.brokerDown();
    const before = sent();
    await scene.clock.advance(60_000);
    expect(sent()).toBe(before);
    scene.pipeline.broker.faults.brokerUp();
    const job = await scene.finish(run);
    expect(job).toMatchObject({ state: 'done', fence: 1, progress: { redriven: 30 } });
    expect(new Set(lab.billed.map(({ id: order }) => order)).size).toBe(30);
  });

  it('[RD7] a crash between the audit and the end of the job is audited once', async () => {
    await scene.fail(3);
    const { redrives } = scene.operator();
    const { id } = await redrives.start({ filter: {} }, ACTOR);
    const finish = scene.jobs.finish.bind(scene.jobs);
    scene.jobs.finish = () => Promise.reject(new Error('killed'));
    await scene.finish(redrives.run(id).catch(() => undefined));
    scene.jobs.finish = finish;
    const job = await scene.finish(scene.operator().redrives.run(id));
    expect(job.state).toBe('done');
    const ends = scene.audit.entries.filter(({ action }) => action === 'redrive.finish');
    expect(ends).toHaveLength(1);
    expect(ends[0]).toMatchObject({ jobId: id, result: { redriven: 3, failed: 0, total: 3 } });
  });
});

const workerOf = (redrives: Pick<Redrives, 'runNext'>) =>
  new RedriveWorker({ redrives, clock: scene.clock, pollMs: 1_000 });

import type { Audit, Job, JobOrder, JobStore } from 'millrace/pipeline';

const LEASE_MS = 10_000;
const AUDIT: Audit = { by: 'ada', reason: 'healed', at: new Date(1_700_000_000_000) };
const STOP: Audit = { by: 'bob', reason: 'too many', at: new Date(1_700_000_100_000) };
/** Names that a database may have trouble with. */
const SPEC = { filter: { 'prices.v1': '$in', topic: null }, ratePerSecond: 50 };
const PROGRESS = { ranges: [{ 'a.b': '9007199254740993' }], done: 0 };

/** How the suite gets at a store. */
export interface JobStoreUnderTest {
  /** Another process on the same state. Its clock is the one that `advance` moves. */
  open(): Promise<JobStore>;
  /** Lets time pass for all of them; unit ms. */
  advance(ms: number): Promise<void>;
}

const order = (id: string, parts: Partial<JobOrder> = {}): JobOrder => ({
  id,
  kind: 'redrive',
  selection: `all of ${id}`,
  spec: SPEC,
  progress: PROGRESS,
  audit: AUDIT,
  ...parts,
});

async function claimed(store: JobStore, owner = 'one'): Promise<Job> {
  const job = await store.claim(['redrive'], owner, LEASE_MS);
  if (job === null) throw new Error('there is no job to claim');
  return job;
}

/**
 * Shows the promises of a {@link JobStore}; call it inside of a `describe` with an empty state for
 * each test.
 */
export function describeJobStore(store: JobStoreUnderTest): void {
  describeCreation(store);
  describeOwners(store);
  describeEnds(store);
}

function describeCreation({ open, advance }: JobStoreUnderTest): void {
  it('a job is seen by every process as it was ordered', async () => {
    const created = await (await open()).create(order('a'));
    expect(created.status).toBe('created');
    const job = await (await open()).get('a');
    expect(job).toMatchObject({
      ...order('a'),
      state: 'waiting',
      owner: null,
      leaseUntil: null,
      cancelRequested: false,
      cancelledBy: null,
    });
    expect(created).toEqual({ status: 'created', job });
    expect(await (await open()).get('b')).toBeNull();
  });

  it('[OPS-02] of one selection and kind there is one active job, however many begin it at once', async () => {
    const stores = await Promise.all(Array.from({ length: 6 }, () => open()));
    const same = { selection: 'prices' };
    const answers = await Promise.all(
      stores.map((store, index) => store.create(order(`job-${index}`, same))),
    );
    const made = answers.filter(({ status }) => status === 'created');
    expect(made).toHaveLength(1);
    const [first] = await (await open()).list();
    const refused = answers.filter(({ status }) => status === 'duplicate');
    expect(refused).toEqual(Array(5).fill({ status: 'duplicate', jobId: first?.id }));
    const other = await (await open()).create(order('replay', { ...same, kind: 'replay' }));
    expect(other.status).toBe('created');
  });

  it('a selection is free again when its job is over', async () => {
    const store = await open();
    for (const [index, state] of (['done', 'failed', 'cancelled'] as const).entries()) {
      await store.create(order(`${index}`, { selection: 'prices' }));
      const { id, fence } = await claimed(store);
      expect(await store.finish(id, fence, state, PROGRESS)).toBe(true);
    }
    expect((await store.create(order('last', { selection: 'prices' }))).status).toBe('created');
  });

  it('lists the newest first, of a kind and a state, as many as are asked for', async () => {
    const store = await open();
    for (const id of ['a', 'b', 'c']) {
      await store.create(order(id, { kind: id === 'b' ? 'replay' : 'redrive' }));
      await advance(1);
    }
    await claimed(store);
    const idsOf = (jobs: readonly Job[]) => jobs.map(({ id }) => id);
    expect(idsOf(await store.list())).toEqual(['c', 'b', 'a']);
    expect(idsOf(await store.list({ kind: 'redrive' }))).toEqual(['c', 'a']);
    expect(idsOf(await store.list({ kind: 'redrive', state: 'running' }))).toEqual(['a']);
    expect(idsOf(await store.list({ limit: 1 }))).toEqual(['c']);
  });
}

function describeOwners({ open, advance }: JobStoreUnderTest): void {
  it('a job has one owner, and the oldest goes first', async () => {
    const [one, two] = [await open(), await open()];
    await one.create(order('a'));
    await advance(1);
    await one.create(order('b'));
    expect(await one.claim(['replay'], 'one', LEASE_MS)).toBeNull();
    const jobs = await Promise.all([claimed(one, 'one'), claimed(two, 'two')]);
    expect(jobs.map(({ id }) => id).sort()).toEqual(['a', 'b']);
    expect(jobs.every(({ state }) => state === 'running')).toBe(true);
    expect(await one.claim(['redrive'], 'three', LEASE_MS)).toBeNull();
    expect((await two.get('a'))?.owner).not.toBeNull();
  });

  it('claims exactly the one that is asked for', async () => {
    const store = await open();
    await store.create(order('a'));
    await store.create(order('b'));
    expect(await store.claim(['redrive'], 'one', LEASE_MS, 'b')).toMatchObject({ id: 'b' });
    expect(await store.claim(['redrive'], 'one', LEASE_MS, 'b')).toBeNull();
  });

  it('[OPS-02] [RD6] a job whose owner is gone goes on with what it saved, and the old owner is not heard', async () => {
    const [one, two] = [await open(), await open()];
    await one.create(order('a'));
    const { id, fence } = await claimed(one, 'one');
    await advance(LEASE_MS - 1);
    expect(await one.save(id, fence, { progress: { done: 7 }, leaseMs: LEASE_MS })).toBe('saved');
    await advance(LEASE_MS - 1);
    expect(await two.claim(['redrive'], 'two', LEASE_MS)).toBeNull();
    await advance(1);
    const next = await claimed(two, 'two');
    expect(next).toMatchObject({ id, owner: 'two', progress: { done: 7 } });
    expect(next.fence).toBeGreaterThan(fence);
    const late = { progress: { done: 1 }, leaseMs: LEASE_MS };
    expect(await one.save(id, fence, late)).toBe('lost');
    expect(await one.release(id, fence, { done: 1 })).toBe(false);
    expect(await one.finish(id, fence, 'done', { done: 1 })).toBe(false);
    expect(await two.get(id)).toMatchObject({ state: 'running', progress: { done: 7 } });
  });

  it('a job that is given back may be had at once, with its progress', async () => {
    const [one, two] = [await open(), await open()];
    await one.create(order('a'));
    const { id, fence } = await claimed(one);
    expect(await one.release(id, fence, { done: 3 })).toBe(true);
    expect(await two.get(id)).toMatchObject({ state: 'waiting', owner: null, leaseUntil: null });
    expect(await claimed(two, 'two')).toMatchObject({ id, progress: { done: 3 } });
  });
}

function describeEnds({ open, advance }: JobStoreUnderTest): void {
  it('a job that is over is over for everybody, with its error', async () => {
    const [one, two] = [await open(), await open()];
    await one.create(order('a'));
    const { id, fence } = await claimed(one);
    const error = { code: 'REDRIVE_TARGET_MISSING', message: 'gone' };
    expect(await one.finish(id, fence, 'failed', { done: 1 }, error)).toBe(true);
    const job = await two.get(id);
    expect(job).toMatchObject({ state: 'failed', error, progress: { done: 1 }, owner: null });
    await advance(10 * LEASE_MS);
    expect(await two.claim(['redrive'], 'two', LEASE_MS)).toBeNull();
    expect(await two.cancel(id, STOP)).toBe(false);
    expect(await one.finish(id, fence, 'done', PROGRESS)).toBe(false);
  });

  it('a job that nobody runs is cancelled at once; an unknown one is not', async () => {
    const store = await open();
    await store.create(order('a'));
    expect(await store.cancel('a', STOP)).toBe(true);
    expect(await store.get('a')).toMatchObject({ state: 'cancelled', cancelledBy: STOP });
    expect(await store.claim(['redrive'], 'one', LEASE_MS)).toBeNull();
    expect(await store.cancel('a', STOP)).toBe(false);
    expect(await store.cancel('b', STOP)).toBe(false);
  });

  it('the owner of a running job is told to end it, and a new owner too', async () => {
    const [one, two] = [await open(), await open()];
    await one.create(order('a'));
    const { id, fence } = await claimed(one);
    expect(await two.cancel(id, STOP)).toBe(true);
    const told = await one.save(id, fence, { progress: { done: 2 }, leaseMs: LEASE_MS });
    expect(told).toBe('cancel-requested');
    expect(await one.get(id)).toMatchObject({ state: 'running', progress: { done: 2 } });
    await advance(LEASE_MS);
    expect(await claimed(two)).toMatchObject({ cancelRequested: true, cancelledBy: STOP });
  });

  it('a job whose owner is gone is cancelled at once', async () => {
    const store = await open();
    await store.create(order('a'));
    const { id, fence } = await claimed(store);
    await advance(LEASE_MS);
    expect(await store.cancel(id, STOP)).toBe(true);
    expect((await store.get(id))?.state).toBe('cancelled');
    expect(await store.save(id, fence, { progress: null, leaseMs: LEASE_MS })).toBe('lost');
  });
}

import type { AuditEntry, AuditLog } from 'millrace/pipeline';

/** How the suite gets at a log. */
export interface AuditLogUnderTest {
  /** Another process on the same state. */
  open(): Promise<AuditLog>;
}

const entry = (atMs: number, parts: Partial<AuditEntry> = {}): AuditEntry => ({
  at: new Date(1_700_000_000_000 + atMs),
  by: 'ada',
  reason: 'healed',
  action: 'redrive.start',
  target: { 'prices.v1': '$in', partition: null },
  ...parts,
});

/**
 * Shows the promises of an {@link AuditLog}; call it inside of a `describe` with an empty state for
 * each test.
 */
export function describeAuditLog({ open }: AuditLogUnderTest): void {
  it('[RD7] an entry is seen by every process as it was written, the newest first', async () => {
    const [one, two] = [await open(), await open()];
    const entries = [
      entry(0, { jobId: 'a', detail: { 'a.b': [1, '2'] } }),
      entry(2, { jobId: 'a', action: 'redrive.finish', result: { redriven: 3 } }),
      entry(1),
    ];
    for (const [index, one_] of entries.entries()) await (index === 1 ? two : one).append(one_);
    expect(await (await open()).list()).toEqual([entries[1], entries[2], entries[0]]);
  });

  it('entries of one time keep their order', async () => {
    const log = await open();
    for (const reason of ['first', 'second', 'third']) await log.append(entry(0, { reason }));
    const reasons = (await log.list()).map(({ reason }) => reason);
    expect(reasons).toEqual(['third', 'second', 'first']);
  });

  it('answers for a time, an action or a job, and not more than is asked for', async () => {
    const log = await open();
    await log.append(entry(0, { jobId: 'a' }));
    await log.append(entry(10, { action: 'pause' }));
    await log.append(entry(20, { jobId: 'b' }));
    const timesOf = (entries: readonly AuditEntry[]) =>
      entries.map(({ at }) => at.getTime() - 1_700_000_000_000);
    expect(timesOf(await log.list({ since: entry(10).at }))).toEqual([20, 10]);
    expect(timesOf(await log.list({ until: entry(10).at }))).toEqual([0]);
    expect(timesOf(await log.list({ action: 'pause' }))).toEqual([10]);
    expect(timesOf(await log.list({ jobId: 'a' }))).toEqual([0]);
    expect(timesOf(await log.list({ limit: 2 }))).toEqual([20, 10]);
  });

  it('of one id the first entry is kept, whoever writes it again', async () => {
    const [one, two] = [await open(), await open()];
    await one.append(entry(0, { id: 'a/1', reason: 'first' }));
    await two.append(entry(5, { id: 'a/1', reason: 'second' }));
    await two.append(entry(6, { id: 'a/2', reason: 'third' }));
    const kept = (await one.list()).map(({ id, reason }) => [id, reason]);
    expect(kept).toEqual([
      ['a/2', 'third'],
      ['a/1', 'first'],
    ]);
  });
}

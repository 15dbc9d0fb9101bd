import { READING } from '../fakes/records';
import type { Subscription } from '../subscription';
import { readerReport } from './group.report';

const reportOf = (options: Partial<Subscription['options']>) =>
  readerReport({
    topic: 'readings',
    options: { groupId: 'lab', ...options },
    pipeline: 'lab',
    contract: READING,
    name: 'Lab.onReading',
    target: { kind: 'record', handler: async () => undefined },
  });

describe('readerReport', () => {
  it('tells whether the position is stored with the data', () => {
    expect(reportOf({ offsets: 'transaction' }).ownOffsets).toBe(true);
    expect(reportOf({}).ownOffsets).toBe(false);
  });

  it('tells whether a record that comes again changes nothing', () => {
    expect(reportOf({ inbox: true }).idempotent).toBe(true);
    expect(reportOf({}).idempotent).toBe(false);
  });
});

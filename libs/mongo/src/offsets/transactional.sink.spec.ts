import { NOT_HANDLED, STORED } from 'millrace/pipeline';
import type { PipelineRecord, SinkPort } from 'millrace/pipeline';
import { FakeClock } from 'millrace/testing';
import { SinkDocumentRejectedError } from '../sink.errors';
import { TransactionalSink } from './transactional.sink';

const record = (offset: number): PipelineRecord => ({
  ...{ topic: 'lines', partition: 0, eventId: `event-${offset}`, event: offset },
  raw: { offset: BigInt(offset), timestampMs: 0, key: null, value: null, headers: [] },
});
const BOUND = { signal: new AbortController().signal, deadlineMs: 1_000 };

/** Server and sinks in memory; the record with offset `bad` spoils its transaction. */
function sceneOf({ bad = -1, isClaimed = true }: { bad?: number; isClaimed?: boolean } = {}) {
  const stored: number[] = [];
  const positions: string[] = [];
  let losses = 0;
  const session = {
    startTransaction: () => undefined,
    inTransaction: () => true,
    abortTransaction: async () => positions.pop(),
    commitTransaction: async () => undefined,
  };
  const sink = (keeps: boolean): SinkPort => ({
    ...{ name: 'mongo', probe: async () => undefined },
    write: async (records) =>
      records.map(({ event }) => {
        if (event === bad) return { error: new SinkDocumentRejectedError() };
        if (keeps) stored.push(Number(event));
        return STORED;
      }),
  });
  const offsets = {
    findOneAndUpdate: async (_: unknown, change: { $max: { next: unknown } }) => {
      positions.push(String(change.$max.next));
      return {};
    },
  };
  const clock = new FakeClock();
  const transactional = new TransactionalSink({
    ...{ groupId: 'lab', clock, sliceRecords: 2, collection: () => ({}) as never },
    store: {
      claimOf: () => (isClaimed ? ({ _id: 'a', fence: 1, session } as never) : undefined),
      of: () => offsets as never,
      lost: () => void (losses += 1),
    },
    plain: sink(true),
    on: () => sink(true),
  });
  return { transactional, stored, positions, clock, losses: () => losses };
}

describe('TransactionalSink', () => {
  it('[DEL-04] moves the position with every transaction', async () => {
    const { transactional, positions } = sceneOf();
    const results = await transactional.write([0, 1, 2, 3, 4].map(record), BOUND);
    expect(results).toEqual([STORED, STORED, STORED, STORED, STORED]);
    expect(positions).toEqual(['2', '4', '5']);
  });

  it('[DEL-04] nothing behind a record that fails is tried, in its transaction or in later ones', async () => {
    const { transactional, positions } = sceneOf({ bad: 0 });
    const results = await transactional.write([0, 1, 2, 3].map(record), BOUND);
    expect(results[0]).toMatchObject({ error: { code: 'SINK_DOCUMENT_REJECTED' } });
    expect(results.slice(1)).toEqual([NOT_HANDLED, NOT_HANDLED, NOT_HANDLED]);
    expect(positions).toEqual([]);
  });

  it('records of retry topics and of replays are written without a position', async () => {
    const { transactional, positions, stored } = sceneOf();
    const first = { attempts: 1, failedAtMs: 0 } as never;
    await transactional.write([{ ...record(7), first }], BOUND);
    await transactional.beside().write([record(8)], BOUND);
    expect([stored, positions]).toEqual([[7, 8], []]);
  });

  it('[DEL-04] without a claim nothing is stored; the write says so when its time is over', async () => {
    const { transactional, stored, clock, losses } = sceneOf({ isClaimed: false });
    const answer = transactional.write([record(0)], BOUND);
    await clock.advance(BOUND.deadlineMs);
    expect(await answer).toMatchObject([{ error: { code: 'OFFSETS_FENCED' } }]);
    expect([stored, losses()]).toEqual([[], 1]);
  });
});

import { permanent } from 'millrace/errors';
import type { SinkPort } from 'millrace/pipeline';
import type { SinkUnderTest, SuiteEvent } from './conformance/sink-suite';
import { describeSink } from './conformance/sink-suite';
import { FakeClock } from './fake-clock';
import type { MemorySinkOptions } from './memory.sink';
import { MemorySink } from './memory.sink';
import { anEvent } from './record.builders';

function underTest(options: MemorySinkOptions = {}): SinkUnderTest {
  const sink = new MemorySink(options);
  const stored = async () =>
    new Map(sink.documents.map(({ id, document }) => [id, document['value'] as number]));
  return { sink, stored };
}

const asMemory = (sink: SinkPort): MemorySink => {
  if (sink instanceof MemorySink) return sink;
  throw new Error('the suite made another sink');
};

const keyOf = ({ event }: { readonly event: unknown }) => (event as SuiteEvent).key;

describeSink('the in-memory sink', {
  createSink: () => underTest(),
  createGuardedSink: () =>
    underTest({
      identity: { id: keyOf, version: ({ event }) => (event as SuiteEvent).version },
    }),
  refused: (sink) => {
    asMemory(sink).refuse(({ eventId }) => (eventId === 'event-bad' ? permanent('bad') : null));
    return { key: 'bad', version: 1, value: -1 };
  },
  outage: {
    down: (sink) => asMemory(sink).sinkDown(),
    up: (sink) => asMemory(sink).sinkUp(),
  },
});

describeSink('the in-memory sink with dates as versions', {
  createSink: () => underTest(),
  createGuardedSink: () =>
    underTest({
      identity: { id: keyOf, version: ({ event }) => new Date((event as SuiteEvent).version) },
    }),
});

describe('MemorySink', () => {
  const bound = { signal: new AbortController().signal, deadlineMs: 1_000 };
  const records = [anEvent({ value: 1 }, { eventId: 'a' })];

  it('[DX-03] comes back by itself after the time of its outage', async () => {
    const clock = new FakeClock();
    const sink = new MemorySink({ clock });
    sink.sinkDown(3_000);
    await expect(sink.write(records, bound)).rejects.toMatchObject({ code: 'MEMORY_SINK_DOWN' });
    await clock.advance(2_999);
    await expect(sink.probe()).rejects.toMatchObject({ code: 'MEMORY_SINK_DOWN' });
    await clock.advance(1);
    expect(await sink.write(records, bound)).toEqual([{ outcome: 'stored' }]);
  });

  it('an outage without an end is not ended by the time of an earlier one', async () => {
    const clock = new FakeClock();
    const sink = new MemorySink({ clock });
    sink.sinkDown(1_000);
    sink.sinkDown();
    await clock.advance(10_000);
    await expect(sink.probe()).rejects.toMatchObject({ code: 'MEMORY_SINK_DOWN' });
  });

  it('[DX-03] a slow write is stored late; one beyond its deadline fails and stores nothing', async () => {
    const clock = new FakeClock();
    const sink = new MemorySink({ clock });
    sink.slow(800);
    const inTime = sink.write(records, bound);
    await clock.advance(799);
    expect(sink.documents).toHaveLength(0);
    await clock.advance(1);
    expect(await inTime).toEqual([{ outcome: 'stored' }]);
    sink.slow(5_000);
    const late = sink.write([anEvent({ value: 2 }, { eventId: 'b' })], bound);
    const refused = expect(late).rejects.toMatchObject({ failure: 'infrastructure' });
    await clock.advance(1_000);
    await refused;
    expect(sink.documents).toHaveLength(1);
  });

  it('a write whose signal fired stores nothing', async () => {
    const sink = new MemorySink();
    const signal = AbortSignal.abort(new Error('revoked'));
    await expect(sink.write(records, { signal, deadlineMs: 1_000 })).rejects.toThrow('revoked');
    expect(sink.documents).toEqual([]);
  });

  it('fails whole writes with the errors it was given, then works on', async () => {
    const sink = new MemorySink();
    sink.failNext(permanent('one'), permanent('two'));
    await expect(sink.write(records, bound)).rejects.toThrow('one');
    await expect(sink.write(records, bound)).rejects.toThrow('two');
    expect(await sink.write(records, bound)).toEqual([{ outcome: 'stored' }]);
    expect(sink.writes).toBe(1);
  });

  it('[DX-03] fails single records of one write, by error or by code of MongoDB, and stores the others', async () => {
    const sink = new MemorySink();
    const batch = ['a', 'b', 'c', 'd', 'e'].map((eventId) => anEvent({ value: 1 }, { eventId }));
    sink.failAt({ 0: permanent('mine'), 1: 121, 2: 112, 3: 424_242 });
    const results = await sink.write(batch, bound);
    const codes = results.map((result) =>
      'error' in result ? (result.error as { code?: string }).code : result.outcome,
    );
    expect(codes.slice(1)).toEqual([
      'SINK_DOCUMENT_REJECTED',
      'SINK_WRITE_CONFLICT',
      'SINK_OPERATION_FAILED',
      'stored',
    ]);
    expect(sink.documents.map(({ id }) => id)).toEqual(['e']);
    const again = await sink.write(batch, bound);
    expect(again.map((result) => 'outcome' in result && result.outcome)).toEqual([
      'stored',
      'stored',
      'stored',
      'stored',
      'duplicate',
    ]);
  });

  it('an identity or a document that cannot be made fails its own record only', async () => {
    const sink = new MemorySink({
      identity: {
        id: ({ eventId }) => {
          if (eventId === 'no-id') throw new Error('no id');
          return eventId;
        },
        document: ({ eventId }) => {
          if (eventId === 'no-document') throw new Error('no document');
          return { eventId };
        },
      },
    });
    const write = ['a', 'no-id', 'no-document', 'b'].map((eventId) => anEvent({}, { eventId }));
    const results = await sink.write(write, bound);
    expect(results.map((result) => 'error' in result)).toEqual([false, true, true, false]);
    expect(sink.documents.map(({ document }) => document)).toEqual([
      { eventId: 'a' },
      { eventId: 'b' },
    ]);
  });
});

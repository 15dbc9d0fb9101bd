import type { PipelineRecord, RecordResult, SinkPort } from 'millrace/pipeline';
import { MillraceError } from 'millrace/errors';
import { anEvent } from '../record.builders';

/** The event that the suite writes. */
export interface SuiteEvent {
  /** Identity in a guarded sink. */
  readonly key: string;
  /** Version in a guarded sink. */
  readonly version: number;
  readonly value: number;
}

/** One sink and what it holds. */
export interface SinkUnderTest {
  readonly sink: SinkPort;
  /** `value` by identity, as it is stored. */
  stored(): Promise<ReadonlyMap<string, number>>;
}

export interface SinkSuiteOptions {
  /** An empty sink that tells repeats by event id. */
  readonly createSink: () => SinkUnderTest | Promise<SinkUnderTest>;
  /** An empty sink with identity `key` that keeps the highest `version`; left out = it has none. */
  readonly createGuardedSink?: () => SinkUnderTest | Promise<SinkUnderTest>;
  /** An event that the sink refuses for good, whatever it holds. */
  readonly refused?: (sink: SinkPort) => SuiteEvent;
  /** Takes the dependency of a sink away, and brings it back. */
  readonly outage?: {
    down(sink: SinkPort): void | Promise<void>;
    up(sink: SinkPort): void | Promise<void>;
  };
}

const BOUND = { signal: new AbortController().signal, deadlineMs: 30_000 };

/**
 * Checks every promise of the sink port on any adapter: the same suite for memory and real databases.
 *
 * @example describeSink('the in-memory sink', { createSink: () => ... });
 */
export function describeSink(name: string, options: SinkSuiteOptions): void {
  describe(`${name} keeps the promises of a sink`, () => {
    describeRepeats(options);
    describeVersions(options);
    describeFailures(options);
  });
}

function describeRepeats({ createSink }: SinkSuiteOptions): void {
  it('[DEL-02] stores each record once: a write again is duplicate and changes nothing', async () => {
    const { sink, stored } = await createSink();
    const records = numbered(50);
    expect(outcomesOf(await sink.write(records, BOUND))).toEqual(repeat('stored', 50));
    const before = await stored();
    expect(outcomesOf(await sink.write(records, BOUND))).toEqual(repeat('duplicate', 50));
    expect(await stored()).toEqual(before);
    expect(before.size).toBe(50);
  });

  it('answers once per record, in order, when old and new ones are mixed', async () => {
    const { sink } = await createSink();
    await sink.write(numbered(3), BOUND);
    const mixed = [4, 0, 5, 2].map((index) => numberedOne(index));
    const answers = outcomesOf(await sink.write(mixed, BOUND));
    expect(answers).toEqual(['stored', 'duplicate', 'stored', 'duplicate']);
  });

  it('keeps the first of two records with one id in one write', async () => {
    const { sink, stored } = await createSink();
    const twice = [numberedOne(1, { value: 10 }), numberedOne(2), numberedOne(1, { value: 20 })];
    expect(outcomesOf(await sink.write(twice, BOUND))).toEqual(['stored', 'stored', 'duplicate']);
    expect((await stored()).get('event-1')).toBe(10);
  });

  it('answers an empty write with nothing', async () => {
    const { sink } = await createSink();
    expect(await sink.write([], BOUND)).toEqual([]);
  });
}

function describeVersions({ createGuardedSink }: SinkSuiteOptions): void {
  if (createGuardedSink === undefined) return;

  it('[DEL-03] an older version is stale, an equal one a duplicate, a newer one replaces', async () => {
    const { sink, stored } = await createGuardedSink();
    const answers: string[] = [];
    for (const version of [5, 3, 5, 9, 8]) {
      answers.push(...outcomesOf(await sink.write([versioned('gold', version)], BOUND)));
    }
    expect(answers).toEqual(['stored', 'stale', 'duplicate', 'stored', 'stale']);
    expect((await stored()).get('gold')).toBe(9);
  });

  it('[DEL-03] of one id in one write the highest version is kept, in any order', async () => {
    const { sink, stored } = await createGuardedSink();
    const versions = [2, 9, 4];
    const write = versions.map((version) => versioned('gold', version));
    expect(outcomesOf(await sink.write(write, BOUND))).toEqual(['stale', 'stored', 'stale']);
    expect((await stored()).get('gold')).toBe(9);
  });

  it('keeps ids apart: the version of one says nothing about another', async () => {
    const { sink, stored } = await createGuardedSink();
    const write = [versioned('gold', 9), versioned('silver', 1)];
    expect(outcomesOf(await sink.write(write, BOUND))).toEqual(['stored', 'stored']);
    expect([...(await stored())].sort()).toEqual([
      ['gold', 9],
      ['silver', 1],
    ]);
  });
}

function describeFailures({ createSink, refused, outage }: SinkSuiteOptions): void {
  it('its probe resolves while it can be written to', async () => {
    const { sink } = await createSink();
    await expect(sink.probe()).resolves.toBeUndefined();
  });

  if (refused !== undefined) {
    it('a record that it refuses gets a coded error, the others of the write are stored', async () => {
      const { sink, stored } = await createSink();
      const bad = anEvent(refused(sink), { eventId: 'event-bad' });
      const results = await sink.write([numberedOne(0), bad, numberedOne(1)], BOUND);
      expect(results.map((result) => 'error' in result)).toEqual([false, true, false]);
      const [, result] = results;
      const error = result !== undefined && 'error' in result ? result.error : undefined;
      expect(error).toBeInstanceOf(MillraceError);
      expect((error as MillraceError).failure).toBe('permanent');
      expect([...(await stored()).keys()].sort()).toEqual(['event-0', 'event-1']);
    });
  }

  if (outage !== undefined) {
    it('[ERR-09] an outage is an error of infrastructure; the same write succeeds after it', async () => {
      const { sink, stored } = await createSink();
      await outage.down(sink);
      const failures = await failuresOf(sink, numbered(2));
      expect(failures).toEqual(['infrastructure', 'infrastructure']);
      await expect(sink.probe()).rejects.toBeInstanceOf(Error);
      await outage.up(sink);
      await sink.probe();
      expect(outcomesOf(await sink.write(numbered(2), BOUND))).toEqual(repeat('stored', 2));
      expect((await stored()).size).toBe(2);
    });
  }
}

/** A write that rejects has answered for every record. */
async function failuresOf(
  sink: SinkPort,
  records: readonly PipelineRecord[],
): Promise<readonly unknown[]> {
  const results = await sink
    .write(records, BOUND)
    .catch((error: unknown) => records.map((): RecordResult => ({ error })));
  return results.map((result) =>
    'error' in result && result.error instanceof MillraceError ? result.error.failure : 'none',
  );
}

function numberedOne(index: number, event: Partial<SuiteEvent> = {}): PipelineRecord<SuiteEvent> {
  const complete = { key: `key-${index}`, version: 1, value: index, ...event };
  return anEvent(complete, { eventId: `event-${index}`, record: { offset: BigInt(index) } });
}

function numbered(count: number): ReadonlyArray<PipelineRecord<SuiteEvent>> {
  return Array.from({ length: count }, (_, index) => numberedOne(index));
}

function versioned(key: string, version: number): PipelineRecord<SuiteEvent> {
  return anEvent({ key, version, value: version }, { eventId: `${key}-${version}` });
}

function outcomesOf(results: readonly RecordResult[]): readonly string[] {
  return results.map((result) => ('error' in result ? 'error' : result.outcome));
}

function repeat(word: string, count: number): readonly string[] {
  return Array.from({ length: count }, () => word);
}

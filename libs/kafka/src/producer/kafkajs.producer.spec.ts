import { settle } from '../fakes/manual-clock';
import {
  DEADLINE,
  aScenePerTest,
  codes,
  numbered,
  record,
  statuses,
} from '../fakes/publisher-scene';

describe('KafkajsProducer', () => {
  const scene = aScenePerTest();

  it('turns 1,000 single publishes into at most 5 requests, each with its own result [PRO-02] [P23]', async () => {
    const producer = scene.open();
    const publishes = numbered(1_000).map((one) => producer.publish([one], DEADLINE));
    await scene.clock.advance(20);
    const results = (await Promise.all(publishes)).flat();
    expect(scene.cluster.sends.length).toBeLessThanOrEqual(5);
    const places = new Set(
      results.map((result) =>
        result.status === 'acked' ? `${result.partition}/${result.offset}` : result.error.code,
      ),
    );
    expect(places.size).toBe(1_000);
    for (const [index, result] of results.entries()) {
      if (result.status !== 'acked') throw result.error;
      const written = scene.cluster.valuesIn('prices', result.partition)[Number(result.offset)];
      expect(written).toBe(`v${index}`);
    }
  });

  it('waits for the linger time before a batch that is not full, and not longer', async () => {
    const producer = scene.open({ producer: { lingerMs: 5 } });
    const publish = producer.publish([record('a')], DEADLINE);
    await scene.clock.advance(4);
    expect(scene.cluster.sends).toHaveLength(0);
    await scene.clock.advance(1);
    expect(statuses(await publish)).toEqual(['acked']);
  });

  it('waits as long as a publish lets it, and no longer than the least patient of a batch', async () => {
    const producer = scene.open({ producer: { lingerMs: 5 } });
    const patient = [producer.publish([record('a')], { ...DEADLINE, lingerMs: 50 })];
    await scene.clock.advance(30);
    patient.push(producer.publish([record('b')], { ...DEADLINE, lingerMs: 50 }));
    await scene.clock.advance(19);
    expect(scene.cluster.sends).toHaveLength(0);
    await scene.clock.advance(1);
    expect(statuses((await Promise.all(patient)).flat())).toEqual(['acked', 'acked']);
    expect(scene.cluster.sends).toHaveLength(1);
    const mixed = [producer.publish([record('c')], { ...DEADLINE, lingerMs: 50 })];
    mixed.push(producer.publish([record('d')], DEADLINE));
    await scene.clock.advance(5);
    expect(statuses((await Promise.all(mixed)).flat())).toEqual(['acked', 'acked']);
    expect(scene.cluster.sends).toHaveLength(2);
  });

  it('sends a batch at once when it is full by records or by bytes', async () => {
    const producer = scene.open({ producer: { batchRecords: 10, batchBytes: 2_000 } });
    const byCount = producer.publish(numbered(10), DEADLINE);
    await settle();
    expect(statuses(await byCount)).toHaveLength(10);
    const byBytes = producer.publish([record('x'.repeat(2_500))], DEADLINE);
    await settle();
    expect(statuses(await byBytes)).toEqual(['acked']);
  });

  it('keeps the order of the publishes within a partition', async () => {
    const producer = scene.open({ producer: { batchRecords: 7 } });
    const publish = producer.publish(numbered(100, { partition: 1 }), DEADLINE);
    await scene.clock.advance(10);
    await publish;
    expect(scene.cluster.valuesIn('prices', 1)).toEqual(
      numbered(100).map(({ value }) => String(value)),
    );
  });

  it('refuses at once when the buffer is full, by records and by bytes [PRO-06] [G6]', async () => {
    const hold = new Promise<never>(() => undefined);
    scene.cluster.script = () => hold;
    const producer = scene.open({
      producer: { batchRecords: 2, batchBytes: 100, bufferRecords: 4, bufferBytes: 100_000 },
    });
    void producer.publish(numbered(4), DEADLINE);
    await settle();
    expect(producer.buffered().records).toBe(4);
    expect(codes(await producer.publish([record('one too many')], DEADLINE))).toEqual([
      'PUBLISHER_OVERLOADED',
    ]);

    const small = scene.open({
      producer: { batchBytes: 100, bufferRecords: 1_000_000, bufferBytes: 1_000 },
    });
    const big = record('x'.repeat(800));
    void small.publish([big], DEADLINE);
    expect(codes(await small.publish([big], DEADLINE))).toEqual(['PUBLISHER_OVERLOADED']);
  });

  it('takes records again after the buffer has drained', async () => {
    const producer = scene.open({ producer: { batchRecords: 2, bufferRecords: 2 } });
    const first = producer.publish(numbered(2), DEADLINE);
    await settle();
    await first;
    expect(producer.buffered()).toEqual({ records: 0, bytes: 0 });
    const second = producer.publish(numbered(2), DEADLINE);
    await settle();
    expect(statuses(await second)).toEqual(['acked', 'acked']);
  });

  it('calls a record failed at the deadline when it was never handed over, else unknown', async () => {
    let finish: () => void = () => undefined;
    scene.cluster.script = (_record, answer) =>
      new Promise((resolve) => {
        finish = () => resolve(answer);
      });
    const producer = scene.open({ producer: { batchRecords: 1 } });
    const inFlight = producer.publish([record('a')], { deadlineMs: 1_000 });
    await settle();
    const waiting = producer.publish([record('b')], { deadlineMs: 1_000 });
    await scene.clock.advance(1_000);
    expect(await inFlight).toMatchObject([
      { status: 'unknown', error: { code: 'PUBLISH_TIMEOUT' } },
    ]);
    expect(await waiting).toMatchObject([{ status: 'failed', error: { code: 'PUBLISH_TIMEOUT' } }]);
    scene.cluster.script = (_record, answer) => answer;
    finish();
    await settle();
    // What expired while it waited is never sent.
    expect(scene.cluster.sends).toHaveLength(1);
  });

  it('gives a publish up when its signal fires', async () => {
    const producer = scene.open();
    const abort = new AbortController();
    const publish = producer.publish([record('a')], { ...DEADLINE, signal: abort.signal });
    abort.abort();
    expect(await publish).toMatchObject([{ status: 'failed', error: { code: 'PUBLISH_ABORTED' } }]);
    const late = producer.publish([record('b')], { ...DEADLINE, signal: abort.signal });
    expect(statuses(await late)).toEqual(['failed']);
    await scene.clock.advance(10);
    expect(scene.cluster.sends).toHaveLength(0);
  });

  it('flushes what lingers, and settles everything when it closes', async () => {
    const producer = scene.open({ producer: { lingerMs: 60_000 } });
    const lingering = producer.publish([record('a')], { deadlineMs: 120_000 });
    await producer.flush({ deadlineMs: 1_000 });
    expect(statuses(await lingering)).toEqual(['acked']);

    scene.cluster.script = () => new Promise<never>(() => undefined);
    const stuck = producer.publish([record('b')], { deadlineMs: 120_000 });
    const closing = producer.close({ deadlineMs: 2_000 });
    await scene.clock.advance(4_000);
    await closing;
    expect(await stuck).toMatchObject([{ status: 'unknown', error: { code: 'PUBLISHER_CLOSED' } }]);
    expect(codes(await producer.publish([record('c')], DEADLINE))).toEqual(['PUBLISHER_CLOSED']);
  });

  it('carries headers, keys and times to the client, a repeated header included [X9]', async () => {
    const producer = scene.open();
    const publish = producer.publish(
      [
        record('a', {
          key: Buffer.from('k'),
          timestampMs: 42,
          headers: [
            ['a', Buffer.from('1')],
            ['a', Buffer.from('2')],
            ['empty', null],
          ],
        }),
      ],
      DEADLINE,
    );
    await scene.clock.advance(10);
    await publish;
    expect(scene.cluster.sends[0]?.messages[0]).toMatchObject({
      key: Buffer.from('k'),
      timestamp: '42',
      headers: { a: [Buffer.from('1'), Buffer.from('2')], empty: Buffer.alloc(0) },
    });
    expect(scene.cluster.sends[0]).toMatchObject({ acks: -1 });
  });
});

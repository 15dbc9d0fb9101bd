import type { PublishResult } from 'millrace/pipeline';
import { FakeClock } from './fake-clock';
import { MemoryBroker } from './memory-broker';
import { MemoryDriver } from './memory.driver';

const TOPIC = 'numbers';

describe('MemoryProducer', () => {
  let clock: FakeClock;
  let broker: MemoryBroker;

  beforeEach(() => {
    clock = new FakeClock();
    broker = new MemoryBroker({ clock });
    broker.createTopic({ topic: TOPIC });
  });

  const record = (text: string, topic = TOPIC) => ({
    topic,
    key: null,
    value: Buffer.from(text),
    headers: [],
  });
  const logged = () => broker.records(TOPIC).map(({ value }) => String(value));
  const statusesOf = (results: readonly PublishResult[]) => results.map(({ status }) => status);

  it('[PRO-02] sends what lingers together as one request, and each publish has its own answer', async () => {
    const producer = new MemoryDriver({ broker, lingerMs: 5 }).producer();
    const texts = Array.from({ length: 1_000 }, (_, index) => String(index));
    const sent = texts.map((text) => producer.publish([record(text)], { deadlineMs: 1_000 }));
    expect(producer.buffered()).toEqual({ records: 1_000, bytes: 2_890 });
    await clock.advance(5);
    const results = (await Promise.all(sent)).flat();
    expect(results.map((result) => result.status === 'acked' && Number(result.offset))).toEqual(
      texts.map(Number),
    );
    expect(producer.requests).toBe(1);
    expect(producer.buffered()).toEqual({ records: 0, bytes: 0 });
  });

  it('a flush does not wait for the linger', async () => {
    const producer = new MemoryDriver({ broker, lingerMs: 60_000 }).producer();
    const sent = producer.publish([record('a')], { deadlineMs: 1_000 });
    await producer.flush({ deadlineMs: 1_000 });
    expect(statusesOf(await sent)).toEqual(['acked']);
  });

  it('[PRO-06] waits for a broker that is away, and keeps the order', async () => {
    const producer = new MemoryDriver({ broker }).producer();
    broker.faults.brokerDown(3_000);
    const sent = ['a', 'b', 'c'].map((text) =>
      producer.publish([record(text)], { deadlineMs: 5_000 }),
    );
    await clock.advance(3_000);
    expect(statusesOf((await Promise.all(sent)).flat())).toEqual(['acked', 'acked', 'acked']);
    expect(logged()).toEqual(['a', 'b', 'c']);
  });

  it('[D12] fails at the deadline what was never handed over, and never sends it later', async () => {
    const producer = new MemoryDriver({ broker }).producer();
    broker.faults.brokerDown();
    const sent = producer.publish([record('a'), record('b')], { deadlineMs: 2_000 });
    await clock.advance(2_000);
    expect(statusesOf(await sent)).toEqual(['failed', 'failed']);
    broker.faults.brokerUp();
    await clock.advance(10_000);
    expect(logged()).toEqual([]);
    expect(producer.buffered()).toEqual({ records: 0, bytes: 0 });
  });

  it('a lost acknowledgement is unknown at the deadline: the record is in the log', async () => {
    const producer = new MemoryDriver({ broker }).producer();
    broker.faults.loseAcks(1);
    const sent = producer.publish([record('a')], { deadlineMs: 2_000 });
    await clock.advance(2_000);
    expect(await sent).toMatchObject([{ status: 'unknown', error: { code: 'MEMORY_ACK_LOST' } }]);
    expect(logged()).toEqual(['a']);
    const again = producer.publish([record('b')], { deadlineMs: 2_000 });
    await clock.advance(0);
    expect(statusesOf(await again)).toEqual(['acked']);
  });

  it('gives a publish up when its signal fires', async () => {
    const producer = new MemoryDriver({ broker }).producer();
    broker.faults.brokerDown();
    const abort = new AbortController();
    const sent = producer.publish([record('a')], { deadlineMs: 60_000, signal: abort.signal });
    abort.abort();
    expect(await sent).toMatchObject([{ error: { code: 'MEMORY_PUBLISH_ABORTED' } }]);
    broker.faults.brokerUp();
    await clock.advance(0);
    expect(logged()).toEqual([]);
  });

  it('a closed producer answers everything that still waits, and sends none of it later', async () => {
    const producer = new MemoryDriver({ broker }).producer();
    broker.faults.brokerDown();
    const sent = producer.publish([record('a')], { deadlineMs: 60_000 });
    const closed = producer.close({ deadlineMs: 1_000 });
    await clock.advance(1_000);
    await closed;
    expect(await sent).toMatchObject([{ status: 'failed', error: { code: 'MEMORY_CLOSED' } }]);
    broker.faults.brokerUp();
    await clock.advance(0);
    expect(logged()).toEqual([]);
  });

  it('what a killed process had not handed over is gone', async () => {
    const driver = new MemoryDriver({ broker });
    broker.faults.brokerDown();
    const sent = driver.producer().publish([record('a')], { deadlineMs: 60_000 });
    driver.kill();
    broker.faults.brokerUp();
    await clock.advance(0);
    expect(statusesOf(await sent)).toEqual(['failed']);
    expect(logged()).toEqual([]);
  });
});

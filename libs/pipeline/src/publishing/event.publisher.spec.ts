import { defineContract } from 'millrace/contracts';
import { Metrics } from 'millrace/metrics';
import { FakeClock } from 'millrace/testing';
import { z } from 'zod';
import { EventPublisher } from './event.publisher';
import { FakeProducer } from '../fakes/fake-producer';
import type { Reading } from '../fakes/records';
import { READING, StoreAwayError } from '../fakes/records';
import { pipelineMetrics } from '../pipeline.metrics';

const UUIDV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const BAD = { n: 'secret-value' } as unknown as Reading;

function sceneOf(contract = READING) {
  const producer = new FakeProducer();
  const clock = new FakeClock();
  const metrics = pipelineMetrics(new Metrics());
  const publisher = new EventPublisher(contract, { producer, source: 'lab', metrics, clock });
  return { producer, clock, metrics, publisher };
}

describe('EventPublisher', () => {
  it('answers where the event is, with an id of its own', async () => {
    const { publisher, producer, clock } = sceneOf();
    const published = await publisher.publish({ n: 1 });
    expect(published).toMatchObject({ topic: 'readings', partition: 0, offset: 0n });
    expect(published.eventId).toMatch(UUIDV7);
    const [record] = producer.published;
    expect([record?.key?.toString(), record?.value?.toString()]).toEqual(['1', '{"n":1}']);
    expect(record?.timestampMs).toBe(clock.now());
    const headers = Object.fromEntries(
      (record?.headers ?? []).map(([name, value]) => [name, value?.toString()]),
    );
    expect(headers).toEqual({
      ce_id: published.eventId,
      ce_source: 'lab',
      ce_type: 'lab.reading.taken',
      ce_time: '2024-01-01T00:00:00.000Z',
      ce_specversion: '1.0',
      'content-type': 'application/json',
      'contract-version': '1',
    });
  });

  it('keeps the id and the time that the caller gives', async () => {
    const { publisher, producer } = sceneOf();
    const published = await publisher.publish({ n: 1 }, { eventId: 'mine', timestampMs: 5 });
    expect([published.eventId, producer.published[0]?.timestampMs]).toEqual(['mine', 5]);
  });

  it('[PRO-01] refuses an event that is not valid before it is sent', async () => {
    const { publisher, producer } = sceneOf();
    const refused = publisher.publish(BAD);
    await expect(refused).rejects.toMatchObject({
      code: 'CONTRACT_INVALID',
      facts: { issues: [{ path: 'n' }] },
    });
    await expect(refused).rejects.not.toThrow('secret-value');
    expect(producer.calls).toBe(0);
  });

  it('refuses an id that is no identity', async () => {
    const { publisher } = sceneOf();
    const refused = publisher.publish({ n: 1 }, { eventId: 'two words' });
    await expect(refused).rejects.toMatchObject({ code: 'EVENT_ID_INVALID' });
  });

  it('passes on the error of a record that is certainly not in the log', async () => {
    const { publisher, producer } = sceneOf();
    producer.refuse();
    await expect(publisher.publish({ n: 1 })).rejects.toMatchObject({ code: 'SINK_AWAY' });
  });

  it.each([
    ['the deadline passed', { status: 'unknown', error: new StoreAwayError() } as const],
    ['there is no answer', undefined],
  ])('says that it is not known, with the id to repeat, when %s', async (_, result) => {
    const { publisher, producer } = sceneOf();
    producer.publish = async () => (result === undefined ? [] : [result]);
    await expect(publisher.publish({ n: 1 }, { eventId: 'mine' })).rejects.toMatchObject({
      code: 'PUBLISH_UNKNOWN',
      facts: { eventId: 'mine' },
    });
  });

  it('[PRO-01] lets a bad event of many fail alone, in order', async () => {
    const { publisher, producer, metrics } = sceneOf();
    const events = [{ n: 1 }, BAD, { n: 3 }].map((event, at) => ({ event, eventId: `e${at}` }));
    const outcomes = await publisher.publishAll(events);
    expect(outcomes).toMatchObject([
      { eventId: 'e0', offset: 0n },
      { eventId: 'e1', error: { code: 'CONTRACT_INVALID' } },
      { eventId: 'e2', offset: 1n },
    ]);
    expect(producer.published.map(({ value }) => value?.toString())).toEqual([
      '{"n":1}',
      '{"n":3}',
    ]);
    const { values } = await metrics.produced.get();
    expect(values.map(({ labels, value }) => [labels.outcome, value])).toEqual([
      ['error', 1],
      ['ok', 2],
    ]);
  });

  it('lets an event fail alone whose key or bytes cannot be made', async () => {
    const fragile = defineContract({
      name: 'lab.reading.taken',
      version: 1,
      topic: 'readings',
      schema: z.object({ n: z.number() }),
      key: ({ n }) => (n === 2 ? (undefined as unknown as string).trim() : 'k'),
    });
    const { publisher } = sceneOf(fragile);
    const outcomes = await publisher.publishAll([{ event: { n: 1 } }, { event: { n: 2 } }]);
    expect(outcomes).toMatchObject([{ offset: 0n }, { error: { code: 'CONTRACT_INVALID' } }]);
  });
});

import { connectionError, protocolError } from '../fakes/fake-producer';
import { settle } from '../fakes/manual-clock';
import {
  DEADLINE,
  aScenePerTest,
  codes,
  numbered,
  record,
  statuses,
} from '../fakes/publisher-scene';

describe('Delivery', () => {
  const scene = aScenePerTest();

  it('sends again what a resolved send has not answered for, and acknowledges it only then [B1]', async () => {
    // kafkajs resolves although the answer of partition 1 is missing: its leader moved.
    scene.cluster.script = (_record, answer, call) =>
      call === 1 ? answer.filter(({ partition }) => partition !== 1) : answer;
    const producer = scene.open();
    const publish = producer.publish(
      [0, 1, 2, 1, 0].map((partition, index) => record(`v${index}`, { partition })),
      DEADLINE,
    );
    await scene.clock.advance(500);
    const results = await publish;
    expect(statuses(results)).toEqual(['acked', 'acked', 'acked', 'acked', 'acked']);
    expect(scene.cluster.sends).toHaveLength(2);
    expect(scene.cluster.sends[1]?.messages.map(({ value }) => String(value))).toEqual([
      'v1',
      'v3',
    ]);
    // The same producer, so that the broker recognises the sequence numbers if it has them.
    expect(scene.cluster.producers).toHaveLength(1);
  });

  it('asks for a partition once, so that a retry cannot send a record to another one [B1]', async () => {
    scene.cluster.script = (_record, answer, call) => (call < 3 ? [] : answer);
    const producer = scene.open();
    const publish = producer.publish(numbered(6), DEADLINE);
    await scene.clock.advance(1_000);
    await publish;
    const choices = scene.cluster.sends.map(({ messages }) =>
      messages.map(({ partition }) => partition),
    );
    expect(choices).toHaveLength(3);
    expect(new Set(choices.map((choice) => choice.join())).size).toBe(1);
  });

  it('fails only the records of an unknown topic, and never tells the client of it [P29] [S19]', async () => {
    const producer = scene.open();
    const publish = producer.publish(
      [record('a'), record('b', { topic: 'nowhere' }), record('c')],
      DEADLINE,
    );
    await scene.clock.advance(10);
    const results = await publish;
    expect(codes(results)).toEqual(['acked', 'KAFKA_TOPIC_MISSING', 'acked']);
    expect(scene.cluster.sends.map(({ topic }) => topic)).toEqual(['prices']);
    expect(scene.cluster.producers).toHaveLength(1);
  });

  it('goes on with other topics after one was deleted under a send that never ends [P11]', async () => {
    scene.cluster.topic('doomed');
    scene.cluster.script = (sent, answer) =>
      sent.topic === 'doomed' ? new Promise<never>(() => undefined) : answer;
    const producer = scene.open();
    const doomed = producer.publish([record('a', { topic: 'doomed' })], { deadlineMs: 60_000 });
    await scene.clock.advance(10);
    scene.cluster.deleteTopic('doomed');
    const other = producer.publish([record('b')], { deadlineMs: 60_000 });
    await scene.clock.advance(3_000);
    expect(codes(await doomed)).toEqual(['KAFKA_TOPIC_MISSING']);
    expect(codes(await other)).toEqual(['acked']);
    expect(scene.cluster.producers).toHaveLength(2);
  });

  it.each([
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'INVALID_PRODUCER_EPOCH',
    'UNKNOWN_PRODUCER_ID',
    'DUPLICATE_SEQUENCE_NUMBER',
  ])('builds a new producer after %s and sends the records again [PRO-03] [P20]', async (type) => {
    scene.cluster.script = (_record, answer, call) => {
      if (call === 1) throw protocolError(type);
      return answer;
    };
    const producer = scene.open();
    const publish = producer.publish([record('a')], DEADLINE);
    await scene.clock.advance(1_000);
    expect(statuses(await publish)).toEqual(['acked']);
    expect(scene.cluster.producers).toHaveLength(2);
    expect(scene.cluster.producers[1]?.sent).toHaveLength(1);
  });

  it('never sends other records under sequence numbers that may be in the log [P20]', async () => {
    // Partition 1 does not answer, and its record expires before it can be sent again.
    scene.cluster.script = (_record, answer, call) =>
      call === 1 ? answer.filter(({ partition }) => partition !== 1) : answer;
    const producer = scene.open({ producer: { batchRecords: 2 } });
    const first = producer.publish([record('a', { partition: 0 })], DEADLINE);
    const abort = new AbortController();
    const second = producer.publish([record('b', { partition: 1 })], {
      ...DEADLINE,
      signal: abort.signal,
    });
    abort.abort();
    await settle();
    expect(statuses(await first)).toEqual(['acked']);
    expect(statuses(await second)).toEqual(['failed']);

    scene.cluster.sends.length = 0;
    const slow = new AbortController();
    scene.cluster.script = (_record, answer, call) => {
      if (call > 1) return answer;
      slow.abort();
      return answer.filter(({ partition }) => partition !== 1);
    };
    const sent = [
      producer.publish([record('c', { partition: 0 })], DEADLINE),
      producer.publish([record('d', { partition: 1 })], { ...DEADLINE, signal: slow.signal }),
    ];
    await scene.clock.advance(500);
    expect(statuses((await Promise.all(sent)).flat())).toEqual(['acked', 'unknown']);
    const next = producer.publish([record('e', { partition: 1 })], DEADLINE);
    await scene.clock.advance(500);
    expect(statuses(await next)).toEqual(['acked']);
    expect(scene.cluster.producers).toHaveLength(2);
  });

  it('waits through an outage and delivers when the brokers are back [P12]', async () => {
    scene.cluster.isDown = true;
    const producer = scene.open();
    const publish = producer.publish([record('a')], { deadlineMs: 60_000 });
    await scene.clock.advance(20_000);
    expect(scene.cluster.sends).toHaveLength(0);
    scene.cluster.isDown = false;
    await scene.clock.advance(2_000);
    expect(statuses(await publish)).toEqual(['acked']);
  });

  it('replaces a producer whose send failed by a connection [P12]', async () => {
    scene.cluster.script = (_record, answer, call) => {
      if (call <= 3) throw connectionError();
      return answer;
    };
    const producer = scene.open();
    const publish = producer.publish([record('a')], { deadlineMs: 60_000 });
    await scene.clock.advance(5_000);
    expect(statuses(await publish)).toEqual(['acked']);
    expect(scene.cluster.producers).toHaveLength(4);
    expect(scene.cluster.producers.slice(0, 3).some(({ isConnected }) => isConnected)).toBe(false);
  });

  it('refuses a record that the topic cannot take, before it is sent', async () => {
    scene.cluster.topic('small', 1, 500);
    const producer = scene.open();
    const publish = producer.publish(
      [record('x'.repeat(600), { topic: 'small' }), record('ok', { topic: 'small' })],
      DEADLINE,
    );
    await scene.clock.advance(10);
    const results = await publish;
    expect(codes(results)).toEqual(['RECORD_TOO_LARGE', 'acked']);
    expect(results[0]).toMatchObject({ error: { failure: 'permanent' } });
    expect(scene.cluster.sends[0]?.messages).toHaveLength(1);
  });

  it('finds the one record that the brokers refuse, and stores the others', async () => {
    scene.cluster.script = (sent, answer) => {
      if (sent.messages.some(({ value }) => String(value) === 'v5')) {
        throw protocolError('MESSAGE_TOO_LARGE');
      }
      return answer;
    };
    const producer = scene.open();
    const publish = producer.publish(numbered(8), DEADLINE);
    await scene.clock.advance(1_000);
    const results = await publish;
    expect(codes(results)).toEqual(
      numbered(8).map((_, index) => (index === 5 ? 'RECORD_TOO_LARGE' : 'acked')),
    );
  });

  it('refuses a partition that does not exist', async () => {
    const producer = scene.open();
    const publish = producer.publish([record('a', { partition: 9 }), record('b')], DEADLINE);
    await scene.clock.advance(10);
    expect(codes(await publish)).toEqual(['RECORD_REFUSED', 'acked']);
  });

  it('says so when an ACL is missing, without trying again', async () => {
    scene.cluster.script = () => {
      throw protocolError('TOPIC_AUTHORIZATION_FAILED');
    };
    const producer = scene.open();
    const publish = producer.publish([record('a')], DEADLINE);
    await scene.clock.advance(10);
    expect(await publish).toMatchObject([
      { status: 'failed', error: { code: 'KAFKA_TOPIC_AUTHORIZATION', failure: 'fatal' } },
    ]);
    expect(scene.cluster.sends).toHaveLength(1);
  });
});

import { createRequire } from 'node:module';
import { Logger } from '@nestjs/common';
import { KafkaUnavailableError } from '../errors/connection.errors';
import { ConsumerScene, p, takeAll } from '../fakes/consumer-scene';
import { connectionError, protocolError } from '../fakes/fake-producer';
import { settle } from '../fakes/manual-clock';

/** As kafkajs makes it from a number. */
const unknownProtocolError = (code: number): Error =>
  (
    createRequire(__filename)('kafkajs/src/protocol/error') as {
      createErrorFromCode(code: number): Error;
    }
  ).createErrorFromCode(code);

describe('Supervisor', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  it('replaces a consumer that died, after telling why and when [P10]', async () => {
    const scene = new ConsumerScene();
    await scene.joined();
    const first = scene.vendor;
    first.crash(protocolError('UNKNOWN', 'The server experienced an unexpected error'));
    await settle();
    expect(scene.events('crashed')).toMatchObject([
      { error: { code: 'KAFKA_PROTOCOL' }, restartInMs: 500 },
    ]);
    expect(first.isDisconnected).toBe(true);
    expect(scene.consumer.assignment().partitions).toEqual([]);
    await scene.clock.advance(500);
    expect(scene.cluster.consumers).toHaveLength(2);
    await scene.vendor.join([p(0)]);
    expect(scene.consumer.assignment()).toEqual({ epoch: 2, partitions: [p(0)] });
    await scene.vendor.deliver(p(0), [5]);
    expect(scene.vendor.resolved).toEqual(['5']);
  });

  it('throws a client away that makes no progress, closes it fully and joins with a new one [P9] [P10]', async () => {
    const scene = new ConsumerScene();
    const seen: bigint[] = [];
    await scene.joined((batch) => {
      seen.push(...batch.records.map(({ offset }) => offset));
      return Promise.resolve({ resume: batch.nextOffset });
    });
    const stuck = scene.vendor;
    const reason = new KafkaUnavailableError({ message: 'no fetch for 60 s' });
    scene.consumer.rebuild(reason);
    await settle();
    expect(stuck.isDisconnected).toBe(true);
    expect(scene.events('crashed')).toMatchObject([{ error: reason, restartInMs: 500 }]);
    expect(scene.consumer.assignment().partitions).toEqual([]);
    await scene.clock.advance(500);
    await scene.vendor.join([p(0), p(1)]);
    expect(scene.cluster.consumers).toHaveLength(2);
    expect(scene.consumer.assignment()).toEqual({ epoch: 2, partitions: [p(0), p(1)] });
    await scene.vendor.deliver(p(1), [7]);
    // The old one may still hold a batch: it reaches nobody and moves nothing.
    await stuck.deliver(p(2), [5]);
    expect(seen).toEqual([7n]);
    expect(stuck.resolved).toEqual([]);
  });

  it('is rebuilt once, however often it is asked between two clients [P9]', async () => {
    const scene = new ConsumerScene();
    await scene.joined();
    for (let call = 0; call < 3; call += 1) {
      scene.consumer.rebuild(new KafkaUnavailableError());
      await settle();
    }
    await scene.clock.advance(500);
    expect(scene.cluster.consumers).toHaveLength(2);
    expect(scene.events('crashed')).toHaveLength(1);
  });

  it.each(Array.from({ length: 45 }, (_, index) => 89 + index))(
    'recovers from protocol error %d, which kafkajs does not know [P17]',
    async (code) => {
      const scene = new ConsumerScene();
      await scene.joined();
      scene.vendor.crash(unknownProtocolError(code));
      await settle();
      expect(scene.events('crashed')).toMatchObject([
        { error: { code: 'KAFKA_PROTOCOL', failure: 'infrastructure' }, restartInMs: 500 },
      ]);
      await scene.clock.advance(500);
      await scene.vendor.join([p(0)]);
      expect(scene.consumer.assignment().epoch).toBe(2);
      await scene.consumer.stop({ deadlineMs: 1_000 });
    },
  );

  it('lets the client restart nothing by itself [P10]', async () => {
    const scene = new ConsumerScene();
    await scene.joined();
    const restart = scene.vendor.config.retry?.restartOnFailure;
    expect(await restart?.(new Error('any'))).toBe(false);
  });

  it('tells the lanes before it tells of the crash, and refuses their commits', async () => {
    const scene = new ConsumerScene();
    await scene.joined();
    let outcome: string | undefined;
    scene.consumer.on('rebalancing', async ({ epoch }) => {
      outcome = await scene.consumer.commit([{ ...p(0), next: 1n }], epoch);
    });
    scene.vendor.crash(connectionError());
    await settle();
    expect(scene.told.map(({ event }) => event)).toEqual(['joined', 'rebalancing', 'crashed']);
    expect(outcome).toBe('stale');
  });

  it('joins with the identity of the dead member, so that the group need not wait for its session', async () => {
    const scene = new ConsumerScene();
    await scene.joined();
    const identity = scene.vendor.memberId;
    scene.vendor.crash(connectionError());
    await scene.clock.advance(1_000);
    await scene.vendor.join([p(0)]);
    expect(scene.vendor.memberId).toBe(identity);
    // Once: a group that has forgotten it must not be asked again and again.
    expect(scene.vendor.hooks.reclaimMemberId()).toBeNull();
  });

  it('waits longer after each crash, at most 30 s, and begins anew after a healthy minute', async () => {
    const scene = new ConsumerScene();
    await scene.joined();
    for (let crash = 0; crash < 8; crash += 1) {
      scene.vendor.crash(connectionError());
      await settle();
      await scene.clock.advance(30_000);
      await scene.vendor.join([p(0)]);
    }
    const waits = scene
      .events('crashed')
      .map((payload) => (payload as { restartInMs: number }).restartInMs);
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    await scene.clock.advance(61_000);
    scene.vendor.crash(connectionError());
    await settle();
    expect(scene.events('crashed').at(-1)).toMatchObject({ restartInMs: 500 });
  });

  it('does not wait any longer when the brokers answer again', async () => {
    const scene = new ConsumerScene();
    await scene.driver.connect({ deadlineMs: 1_000 });
    await scene.joined();
    scene.cluster.isDown = true;
    for (let crash = 0; crash < 4; crash += 1) {
      scene.vendor.crash(connectionError());
      await scene.clock.advance(4_000);
    }
    await scene.clock.advance(20_000);
    const before = scene.cluster.consumers.length;
    scene.cluster.isDown = false;
    await scene.clock.advance(6_000);
    expect(scene.cluster.consumers.length).toBe(before + 1);
  });

  it('keeps trying while no broker is reachable, and starts when one is', async () => {
    const scene = new ConsumerScene();
    scene.cluster.isDown = true;
    let isStarted = false;
    void scene.consumer.start(takeAll).then(() => {
      isStarted = true;
    });
    await scene.clock.advance(60_000);
    expect(isStarted).toBe(false);
    expect(scene.events('crashed').length).toBeGreaterThan(3);
    scene.cluster.isDown = false;
    await scene.clock.advance(31_000);
    await scene.vendor.join([p(0)]);
    await settle();
    expect(isStarted).toBe(true);
  });

  it('gives up before the first join when the configuration is wrong', async () => {
    const scene = new ConsumerScene();
    scene.cluster.isDown = true;
    scene.cluster.downError = protocolError('SASL_AUTHENTICATION_FAILED');
    await expect(scene.consumer.start(takeAll)).rejects.toMatchObject({
      code: 'KAFKA_AUTHENTICATION',
    });
    expect(scene.events('crashed')).toMatchObject([{ restartInMs: null }]);
  });
});

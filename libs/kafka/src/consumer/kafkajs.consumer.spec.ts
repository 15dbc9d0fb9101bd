import { Logger } from '@nestjs/common';
import type { FetchedBatch } from 'millrace/pipeline';
import { ConsumerScene, p, takeAll } from '../fakes/consumer-scene';
import { protocolError, vendorError } from '../fakes/fake-producer';

describe('KafkajsConsumer', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  describe('reading', () => {
    it('subscribes from the beginning, without auto commit and auto resolve [P2] [X4] [X5]', async () => {
      const scene = new ConsumerScene();
      await scene.joined();
      expect(scene.vendor.subscription).toEqual({ topics: ['prices'], fromBeginning: true });
      expect(scene.vendor.runConfig).toMatchObject({
        autoCommit: false,
        eachBatchAutoResolve: false,
      });
      expect(scene.vendor.runConfig.eachMessage).toBeUndefined();
    });

    it('begins at the end only where startAt says so', async () => {
      const scene = new ConsumerScene({}, { startAt: 'latest' });
      await scene.joined();
      expect(scene.vendor.subscription.fromBeginning).toBe(false);
    });

    it('hands a batch over with its bytes, its end and the epoch', async () => {
      const scene = new ConsumerScene();
      const seen: Array<FetchedBatch & { epoch: number }> = [];
      await scene.joined((batch, { epoch }) => {
        seen.push({ ...batch, epoch });
        return takeAll(batch, { epoch, signal: new AbortController().signal });
      });
      await scene.vendor.deliver(p(1), [5, 6, 9]);
      expect(seen).toMatchObject([
        {
          topic: 'prices',
          partition: 1,
          nextOffset: 10n,
          highWatermark: 1000n,
          bytes: 21,
          epoch: 1,
        },
      ]);
      expect(seen[0]?.records.map(({ offset }) => offset)).toEqual([5n, 6n, 9n]);
      expect(scene.vendor.resolved).toEqual(['9']);
    });

    it('reads on from the middle of a batch when only half of it was taken', async () => {
      const scene = new ConsumerScene();
      await scene.joined(() => Promise.resolve({ resume: 7n }));
      await scene.vendor.deliver(p(0), [5, 6, 7, 8]);
      expect(scene.vendor.resolved).toEqual(['6']);
    });

    it('fetches the same offset again when nothing was taken', async () => {
      const scene = new ConsumerScene();
      await scene.joined(() => Promise.resolve({ resume: null }));
      await scene.vendor.deliver(p(0), [5, 6]);
      expect(scene.vendor.resolved).toEqual([]);
      expect(scene.vendor.seeks).toEqual([]);
    });

    it.each([
      new SyntaxError('a bug'),
      new TypeError('a bug'),
      new RangeError('a bug'),
      new ReferenceError('a bug'),
      Object.assign(new Error('not retriable'), { retriable: false }),
      'a thrown string',
      undefined,
    ])('never lets %p out of the batch call [P1]', async (thrown) => {
      const scene = new ConsumerScene();
      await scene.joined(jest.fn().mockRejectedValue(thrown));
      const delivered = scene.vendor.deliver(p(0), [5]);
      await scene.clock.advance(2_000);
      await expect(delivered).resolves.toBeUndefined();
      expect(scene.vendor.resolved).toEqual([]);
      expect(scene.events('crashed')).toEqual([]);
    });

    it('drops a batch whose partition was paused, sought or lost since the fetch', async () => {
      const scene = new ConsumerScene();
      const handler = jest.fn(takeAll);
      await scene.joined(handler);
      scene.consumer.pause([p(0)]);
      await scene.vendor.deliver(p(0), [5]);
      await scene.vendor.deliver(p(1), [5], { isStale: () => true });
      await scene.vendor.deliver(p(9), [5]);
      expect(handler).not.toHaveBeenCalled();
      scene.consumer.resume([p(0)]);
      await scene.vendor.deliver(p(0), [5]);
      expect(handler).toHaveBeenCalledTimes(1);
    });

    it('heartbeats while a batch call is open, and stops with it [P8]', async () => {
      const scene = new ConsumerScene({ consumer: { heartbeatIntervalMs: 1_000 } });
      let finish: () => void = () => undefined;
      await scene.joined(
        (batch) =>
          new Promise((resolve) => {
            finish = () => resolve({ resume: batch.nextOffset });
          }),
      );
      const delivered = scene.vendor.deliver(p(0), [5]);
      await scene.clock.advance(10_000);
      expect(scene.vendor.heartbeats).toBe(10);
      finish();
      await delivered;
      await scene.clock.advance(10_000);
      expect(scene.vendor.heartbeats).toBe(10);
    });

    it('aborts an open batch call when its heartbeat tells of a rebalance', async () => {
      const scene = new ConsumerScene({ consumer: { heartbeatIntervalMs: 1_000 } });
      let reason: unknown;
      await scene.joined(
        (batch, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              reason = signal.reason;
              resolve({ resume: batch.nextOffset });
            });
          }),
      );
      scene.vendor.heartbeatError = protocolError('REBALANCE_IN_PROGRESS');
      const delivered = scene.vendor.deliver(p(0), [5]);
      await scene.clock.advance(1_000);
      await delivered;
      expect(reason).toBe('revoked');
      expect(scene.vendor.resolved).toEqual([]);
    });
  });

  describe('pause, resume and seek', () => {
    it('reaches the client only for partitions that are held', async () => {
      const scene = new ConsumerScene();
      await scene.joined();
      scene.consumer.pause([p(0), p(7)]);
      expect([...scene.vendor.paused.keys()]).toEqual(['prices/0']);
      scene.consumer.resume([p(0)]);
      expect(scene.vendor.paused.size).toBe(0);
      scene.consumer.seek({ ...p(1), offset: 12n });
      // A seek of a foreign partition would be obeyed in a later generation.
      scene.consumer.seek({ ...p(7), offset: 12n });
      expect(scene.vendor.seeks).toEqual([{ topic: 'prices', partition: 1, offset: '12' }]);
      expect(scene.vendor.commits).toEqual([]);
    });

    it('resumes at each assignment what the client keeps paused across it', async () => {
      const scene = new ConsumerScene();
      await scene.joined();
      scene.consumer.pause([p(0), p(1)]);
      await scene.vendor.join([p(1), p(2)]);
      expect([...scene.vendor.paused.keys()]).toEqual(['prices/0']);
      await scene.vendor.join([p(0), p(1), p(2)]);
      expect(scene.vendor.paused.size).toBe(0);
    });

    it('hands out batches of a partition again that was paused before the rebalance', async () => {
      const scene = new ConsumerScene();
      await scene.joined();
      scene.consumer.pause([p(0)]);
      await scene.vendor.join([p(0)]);
      await scene.vendor.deliver(p(0), [5]);
      expect(scene.vendor.resolved).toEqual(['5']);
    });

    it('keeps a pause that a listener of joined applies again', async () => {
      const scene = new ConsumerScene();
      scene.consumer.on('joined', ({ partitions }) => scene.consumer.pause(partitions.slice(0, 1)));
      await scene.joined();
      expect([...scene.vendor.paused.keys()]).toEqual(['prices/0']);
    });
  });

  describe('commits', () => {
    const next = (value: bigint) => [{ ...p(0), next: value }];

    it('answers committed after the coordinator did', async () => {
      const scene = new ConsumerScene();
      await scene.joined();
      expect(await scene.consumer.commit(next(10n), 1)).toBe('committed');
      expect(scene.vendor.commits).toEqual([{ generation: 1, offsets: next(10n) }]);
    });

    it('drops a commit of an older epoch before it reaches the client [P3]', async () => {
      const scene = new ConsumerScene();
      await scene.joined();
      await scene.vendor.join([p(0)]);
      expect(await scene.consumer.commit(next(10n), 1)).toBe('stale');
      expect(await scene.consumer.commit([{ ...p(2), next: 1n }], 2)).toBe('stale');
      expect(scene.vendor.commits).toEqual([]);
      expect(await scene.consumer.commit(next(10n), 2)).toBe('committed');
    });

    it.each([
      'ILLEGAL_GENERATION',
      'UNKNOWN_MEMBER_ID',
      'REBALANCE_IN_PROGRESS',
      'FENCED_INSTANCE_ID',
    ])('answers stale when the group refuses with %s', async (type) => {
      const scene = new ConsumerScene();
      await scene.joined();
      scene.vendor.commitError = protocolError(type);
      expect(await scene.consumer.commit(next(10n), 1)).toBe('stale');
    });

    it('rejects as infrastructure when the coordinator fails or does not answer', async () => {
      const scene = new ConsumerScene();
      await scene.joined();
      scene.vendor.commitError = protocolError('NOT_COORDINATOR_FOR_GROUP');
      await expect(scene.consumer.commit(next(10n), 1)).rejects.toMatchObject({
        code: 'GROUP_COORDINATOR_UNAVAILABLE',
        failure: 'infrastructure',
      });
      scene.vendor.commitError = vendorError('KafkaJSRequestTimeoutError', 'timed out');
      await expect(scene.consumer.commit(next(10n), 1)).rejects.toMatchObject({
        code: 'KAFKA_UNAVAILABLE',
      });
    });
  });
});

import { Logger } from '@nestjs/common';
import { connectionError, protocolError } from '../fakes/fake-producer';
import { ReaderScene } from '../fakes/reader-scene';

const AT_4 = { topic: 't', partition: 0, offset: 4n };
const QUICK = { maxBytes: 65_536, maxWaitMs: 100 };

describe('KafkajsReader', () => {
  let scene: ReaderScene;

  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  beforeEach(() => {
    scene = new ReaderScene();
  });

  const settled = async <T>(promise: Promise<T>, ms: number): Promise<T> => {
    promise.catch(() => undefined);
    await scene.clock.advance(ms);
    return promise;
  };

  it('connects with the first read and keeps the connection', async () => {
    await settled(scene.reader.read(AT_4, QUICK), 0);
    await settled(scene.reader.read({ ...AT_4, offset: 5n }, QUICK), 0);
    expect(scene.log).toEqual(['connect', 'fetch 4 from 1', 'fetch 5 from 1']);
  });

  it.each(['NOT_LEADER_FOR_PARTITION', 'FENCED_LEADER_EPOCH', 'LEADER_NOT_AVAILABLE'])(
    '[D17] finds the new leader after %s, on the same connection',
    async (type) => {
      await settled(scene.reader.read(AT_4, QUICK), 0);
      scene.leader = '2';
      scene.script = (offset, leader) =>
        leader === '1' ? protocolError(type) : { next: offset + 1n };
      const { nextOffset } = await settled(scene.reader.read(AT_4, QUICK), 1_000);
      expect(nextOffset).toBe(5n);
      expect(scene.log.slice(2)).toEqual(['fetch 4 from 1', 'refresh', 'fetch 4 from 2']);
    },
  );

  it('gives a connection up that was lost, and reads on over a new one', async () => {
    let losses = 1;
    scene.script = (offset) => (losses-- > 0 ? connectionError() : { next: offset + 1n });
    await settled(scene.reader.read(AT_4, QUICK), 1_000);
    expect(scene.log).toEqual([
      'connect',
      'fetch 4 from 1',
      'disconnect',
      'connect',
      'fetch 4 from 1',
    ]);
  });

  it('[D18] tries again for 10 s, then says that no broker answers', async () => {
    scene.isDown = connectionError();
    const read = scene.reader.read(AT_4, QUICK);
    await expect(settled(read, 11_000)).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
    const attempts = scene.log.length;
    expect(attempts).toBeGreaterThan(10);
    await scene.clock.advance(10_000);
    expect([scene.log.length, scene.clock.pendingTimers]).toEqual([attempts, 0]);
  });

  it('does not try again what cannot help', async () => {
    scene.script = () => protocolError('TOPIC_AUTHORIZATION_FAILED');
    const read = settled(scene.reader.read(AT_4, QUICK), 0);
    await expect(read).rejects.toMatchObject({ code: 'KAFKA_TOPIC_AUTHORIZATION' });
    expect(scene.log.filter((line) => line.startsWith('fetch'))).toHaveLength(1);
  });

  it('[D19] begins at the first offset still there, and finds nothing above the end', async () => {
    scene.earliest = 7n;
    scene.script = (offset) =>
      offset < 7n || offset > 10n ? protocolError('OFFSET_OUT_OF_RANGE') : { next: offset + 1n };
    expect((await settled(scene.reader.read(AT_4, QUICK), 0)).nextOffset).toBe(8n);
    const beyond = await settled(scene.reader.read({ ...AT_4, offset: 99n }, QUICK), 0);
    expect(beyond).toMatchObject({ records: [], nextOffset: 99n, highWatermark: 10n });
  });

  it('[D19] asks three times for bytes that are no batch, so that the decoder can give them up', async () => {
    let left = 2;
    scene.script = (offset) => ({ next: left-- > 0 ? offset : offset + 1n });
    expect((await settled(scene.reader.read(AT_4, QUICK), 0)).nextOffset).toBe(5n);
    expect(scene.log).toHaveLength(4);
  });

  it('[D18] a closed reader says so at once', async () => {
    await settled(scene.reader.read(AT_4, QUICK), 0);
    await settled(scene.reader.close({ deadlineMs: 100 }), 0);
    await expect(settled(scene.reader.read(AT_4, QUICK), 0)).rejects.toThrow('closed');
    expect(scene.log.slice(2)).toEqual(['closed', 'disconnect']);
  });
});

import { Logger } from '@nestjs/common';
import { HealthRegistry, Lifecycle } from 'millrace/health';
import { hello } from './hello';
import { MongoParticipant } from './mongo.participant';

function participantOf(over: { replicaSet?: string | null; requiresReplicaSet?: boolean } = {}) {
  const { replicaSet = 'rs0', requiresReplicaSet = false } = over;
  const steps: string[] = [];
  const step = (name: string) => () => void steps.push(name);
  const connection = {
    address: 'mongo-0:27017',
    database: 'pipeline',
    open: () => {
      steps.push('open');
      return Promise.resolve({ isWritablePrimary: true, replicaSet });
    },
    close: (deadlineMs: number) => Promise.resolve(step(`close ${deadlineMs}`)()),
  };
  const health = { name: 'mongo', critical: true, start: step('pings'), stop: step('no pings') };
  const indexes = { ensure: (mode: string) => Promise.resolve(step(`indexes ${mode}`)()) };
  const participant = new MongoParticipant(
    connection as never,
    health as never,
    indexes as never,
    { indexes: 'create', requiresReplicaSet, connects: true } as never,
    new Lifecycle(),
    new HealthRegistry(),
  );
  return { participant, steps };
}

describe('the part of MongoDB in the life cycle', () => {
  let log: jest.SpyInstance;
  let warn: jest.SpyInstance;

  beforeEach(() => {
    log = jest.spyOn(Logger.prototype, 'log').mockImplementation();
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
  });
  afterEach(() => jest.restoreAllMocks());

  const { signal } = new AbortController();

  it('connects, looks after indexes, then pings, and says so [M-07]', async () => {
    const { participant, steps } = participantOf();
    await participant.connect(signal);
    expect(steps).toEqual(['open', 'indexes create', 'pings']);
    expect(log).toHaveBeenCalledWith(
      expect.objectContaining({
        event: 'mongo.connected',
        database: 'pipeline',
        replica_set: 'rs0',
      }),
      expect.any(String),
    );
    expect(warn).not.toHaveBeenCalled();
  });

  it('warns of a server without a replica set, and refuses it where that is required', async () => {
    await participantOf({ replicaSet: null }).participant.connect(signal);
    expect(warn).toHaveBeenCalledTimes(1);
    const strict = participantOf({ replicaSet: null, requiresReplicaSet: true });
    await expect(strict.participant.connect(signal)).rejects.toMatchObject({
      code: 'MONGO_REPLICA_SET_MISSING',
    });
    expect(strict.steps).toEqual(['open']);
  });

  it('connects first and closes last, and stops to ping before', async () => {
    const { participant, steps } = participantOf();
    expect(participant.order).toBe(0);
    await participant.close({ deadlineMs: 60_000 });
    await participant.close({ deadlineMs: 500 });
    expect(steps).toEqual(['no pings', 'close 3000', 'no pings', 'close 500']);
  });
});

describe('hello', () => {
  it('knows a primary, a router and a server that is neither', () => {
    expect(hello({ isWritablePrimary: true, setName: 'rs0' })).toEqual({
      isWritablePrimary: true,
      replicaSet: 'rs0',
    });
    expect(hello({ isWritablePrimary: true, msg: 'isdbgrid' }).replicaSet).toBe('(sharded)');
    expect(hello({ secondary: true })).toEqual({ isWritablePrimary: false, replicaSet: null });
  });
});

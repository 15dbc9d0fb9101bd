import { Metrics } from 'millrace/metrics';
import { FakeClock } from 'millrace/testing';
import { OutboxParticipant } from './outbox.participant';
import { OUTBOX_DEFAULTS } from './outbox.options';

describe('OutboxParticipant', () => {
  it('[PRO-05] refuses a server without transactions at start, and relays nothing', async () => {
    const refused = Object.assign(new Error('no'), { name: 'MongoServerError', code: 20 });
    const publish = jest.fn();
    const participant = new OutboxParticipant({
      settings: OUTBOX_DEFAULTS,
      connection: {
        ...{ address: '127.0.0.1:27017', connects: true },
        startSession: () => ({ startTransaction: () => undefined, endSession: async () => 0 }),
        collection: () => ({ insertOne: async () => Promise.reject(refused) }),
      } as never,
      driver: { producer: () => ({ publish, close: async () => undefined }) as never },
      ...{ metrics: new Metrics(), clock: new FakeClock(), random: () => 0.5 },
    });
    await expect(participant.connect()).rejects.toMatchObject({
      code: 'OUTBOX_TRANSACTIONS_MISSING',
      failure: 'fatal',
      where: '127.0.0.1:27017',
    });
    await participant.close({ deadlineMs: 10 });
    expect(publish).not.toHaveBeenCalled();
  });
});

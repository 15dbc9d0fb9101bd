import { FakeClock } from 'millrace/testing';
import { MongoConnection } from './mongo.connection';
import { resolveMongoOptions } from './mongo.options';
import { loadSettings } from 'millrace/config';
import { mongoSettings } from './mongo.config';

/** A connection whose server answers as the test says. */
function connectionTo(answers: Readonly<Record<string, () => Promise<object>>>) {
  const asked: string[] = [];
  const command = (document: object) => {
    const [name = ''] = Object.keys(document);
    asked.push(name);
    return answers[name]?.() ?? Promise.resolve({ ok: 1 });
  };
  const client = { db: () => ({ command }) };
  const mongoose = { on: () => mongoose, getClient: () => client };
  const options = resolveMongoOptions({}, loadSettings({ slices: [mongoSettings], env: {} }));
  const clock = new FakeClock();
  return { connection: new MongoConnection(mongoose as never, options, clock), asked, clock };
}

describe('the probe of the database', () => {
  it('[G3] asks whether the server can be written to, then makes a round trip', async () => {
    const { connection, asked } = connectionTo({
      hello: async () => ({ isWritablePrimary: true }),
    });
    await expect(connection.probe()).resolves.toBeUndefined();
    expect(asked).toEqual(['hello', 'ping']);
  });

  it('[G3] fails at a secondary that answers every ping', async () => {
    const { connection } = connectionTo({ hello: async () => ({ isWritablePrimary: false }) });
    await expect(connection.ping()).resolves.toBeUndefined();
    await expect(connection.probe()).rejects.toMatchObject({
      code: 'MONGO_NOT_WRITABLE',
      failure: 'infrastructure',
    });
  });

  it('[G3] fails in time at a server that does not answer', async () => {
    const { connection, clock } = connectionTo({ hello: () => new Promise(() => undefined) });
    const probe = expect(connection.probe()).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' });
    await clock.advance(4_000);
    await probe;
  });
});

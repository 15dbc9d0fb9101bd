import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { MongoControlStore } from 'millrace/mongo';
import { systemClock } from 'millrace/retry';
import { MongoClient } from 'mongodb';
import { CLIENT_OPTIONS, mongoUri, newDatabaseName } from './mongo-server';

const database = newDatabaseName();
const GROUP = 'metals-processor';
let client: MongoClient;
let store: MongoControlStore;

beforeAll(async () => {
  client = await MongoClient.connect(mongoUri, CLIENT_OPTIONS);
  const connection = {
    collection: ((name: string) => client.db(database).collection(name)) as never,
  };
  store = new MongoControlStore(connection, { writeTimeoutMs: 5_000 }, systemClock);
});
afterEach(async () => {
  await client.db(database).dropDatabase();
});
afterAll(() => client.close());

/** Runs `npm run millrace -- ...`. */
async function millrace(...args: readonly string[]) {
  const child = spawn(process.execPath, ['tools/millrace/main.mjs', ...args], {
    env: { ...process.env, MONGODB_URI: mongoUri, MONGODB_DATABASE: database },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return {
    status: await ended,
    stderr,
    result: (last === '' ? null : JSON.parse(last)) as unknown,
  };
}

describe('npm run millrace on a real server', () => {
  it('[CON-09] pauses and resumes what the services read, with who and why', async () => {
    const flags = [`--group=${GROUP}`, '--topic=metals-prices', '--partition=3', '--by=ops'];
    const paused = await millrace('pause', ...flags, '--reason=a bad batch');
    expect(paused).toMatchObject({
      status: 0,
      result: { groupId: GROUP, partition: 3, paused: true },
    });
    const target = { groupId: GROUP, topic: 'metals-prices', partition: 3 };
    const audit = { by: 'ops', reason: 'a bad batch', at: expect.any(Date) as Date };
    expect(await store.read()).toEqual({ pauses: [{ ...target, audit }], stops: [] });
    const listed = await millrace('pauses');
    expect(listed.result).toMatchObject({ pauses: [{ ...target, by: 'ops' }], stops: [] });
    const resumed = await millrace('resume', ...flags, '--reason=mended');
    expect(resumed).toMatchObject({ status: 0, result: { resumed: true, restarted: false } });
    expect((await store.read()).pauses).toEqual([]);
  });

  it('takes back a pause that a service wrote, and the other way round', async () => {
    const audit = { by: 'console', reason: 'x', at: new Date() };
    await store.pause({ groupId: GROUP }, audit);
    expect((await millrace('resume', `--group=${GROUP}`, '--reason=y')).status).toBe(0);
    await millrace('pause', `--group=${GROUP}`, '--reason=z');
    expect(await store.resume({ groupId: GROUP }, audit)).toBe(true);
  });

  it('[ERR-11] lets a group go on that stopped itself', async () => {
    const causes = [{ code: 'CONTRACT_INVALID', count: 50 }];
    await store.stop({ groupId: GROUP, serviceVersion: '1.2.3', at: new Date(), causes });
    expect((await millrace('pauses')).result).toMatchObject({
      stops: [{ groupId: GROUP, causes }],
    });
    const { status, result } = await millrace('resume', '--group', GROUP, '--reason', 'new schema');
    expect([status, result]).toEqual([0, { groupId: GROUP, resumed: false, restarted: true }]);
    expect(await store.read()).toEqual({ pauses: [], stops: [] });
  });

  it('says that nothing was paused or stopped, and exits with 1', async () => {
    const { status, stderr, result } = await millrace('resume', '--group=other', '--reason=x');
    expect([status, result]).toEqual([1, null]);
    expect(stderr).toContain('group "other" is neither paused nor stopped');
    expect(stderr).toContain('npm run millrace -- pauses');
  });
});

import { get } from './http-calls';
import { Scene } from './scene';

const CANARY = 'canary-7f3a91';

describe('a password in the connection string', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open('secrets');
  }, 120_000);

  afterAll(async () => scene.close(), 60_000);

  /** Everything that leaves the process. */
  async function outputsOf(env: Readonly<Record<string, string>>, sign: string) {
    const app = await scene.start('processor', { LOG_LEVEL: 'debug', ...env });
    await app.whenLogged(sign);
    const routes = ['livez', 'readyz', 'startupz', 'health', 'metrics', 'prices/latest'];
    const answers = await Promise.all(routes.map((route) => get(`${app.url}/${route}`)));
    await app.stop('SIGTERM');
    const log = JSON.stringify([app.lines, app.plain]);
    expect(log).toContain('mongo');
    return [log, ...answers.map((answer) => JSON.stringify(answer))];
  }

  it('is in no log line, probe, metric or answer while the database is away [I9]', async () => {
    const uri = `mongodb://ops:${CANARY}@127.0.0.1:1/?directConnection=true`;
    const limits = { MONGO_SERVER_SELECTION_TIMEOUT_MS: '300' };
    const env = { MONGODB_URI: uri, ...limits };
    const outputs = await outputsOf(env, 'waiting for mongo 127.0.0.1:1 (attempt 2)');
    expect(outputs.filter((output) => output.includes(CANARY))).toEqual([]);
  }, 60_000);

  it('is in none of them when the server refuses it [I9]', async () => {
    const { host } = new URL(scene.mongoUri.replace(/^mongodb:/, 'http:'));
    const uri = `mongodb://nobody:${CANARY}@${host}/?directConnection=true&authSource=admin`;
    const outputs = await outputsOf({ MONGODB_URI: uri }, 'MONGO_UNAUTHORIZED');
    expect(outputs.filter((output) => output.includes(CANARY))).toEqual([]);
  }, 60_000);
});

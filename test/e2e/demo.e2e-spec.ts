import { spawnSync } from 'node:child_process';
import { freePort } from './app-process';
import { ROOT } from './checkout';
import { Scene } from './scene';

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly error: string;
}

describe('npm run demo:poison', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open('demo');
  }, 120_000);

  afterAll(async () => scene.close(), 60_000);

  function demo(env: Readonly<Record<string, string>> = {}): Ended {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/demo/poison.mjs'], {
      cwd: ROOT,
      encoding: 'utf8',
      timeout: 60_000,
      env: {
        PATH: process.env['PATH'],
        KAFKA_BROKERS: scene.brokers,
        MONGODB_URI: scene.mongoUri,
        MONGODB_DATABASE: scene.database,
        ...env,
      },
    });
    return { code: status, lines: stdout.trim().split('\n'), error: stderr };
  }

  it('says what to start when no broker answers', async () => {
    const { code, error } = demo({ KAFKA_BROKERS: `127.0.0.1:${await freePort()}` });
    expect(code).toBe(1);
    expect(error).toMatch(/no broker answers at 127\.0\.0\.1:\d+\n[^]*npm start/);
    expect(error).not.toMatch(/^\s+at /m);
  }, 60_000);

  it('says what to start when no processor reads the topic', () => {
    const { code, error } = demo();
    expect(code).toBe(1);
    expect(error).toMatch(/group metals-processor has no member\n[^]*npm start/);
  }, 60_000);

  it('finds exactly the bad records in the dead letter topic, with their reasons [ERR-07]', async () => {
    await scene.startReady('processor');
    const { code, lines, error } = demo();
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
      sent: 25,
      stored: 20,
      deadLetters: 5,
      reasons: { malformed: 2, 'contract-invalid': 2, 'contract-unknown': 1 },
    });
    expect(lines.filter((line) => /at partition \d+, offset \d+$/.test(line))).toHaveLength(5);
  }, 90_000);
});

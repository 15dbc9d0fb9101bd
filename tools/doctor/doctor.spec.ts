import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../engines/module-process';

interface Report {
  readonly canStart: boolean;
  readonly engines: string | null;
  readonly findings: ReadonlyArray<{ readonly name: string; readonly isOk: boolean }>;
}

function doctor(env: Readonly<Record<string, string>>) {
  const { status, stdout } = spawnSync(process.execPath, ['tools/doctor/main.mjs'], {
    cwd: ROOT,
    encoding: 'utf8',
    env,
    timeout: 60_000,
  });
  const lines = stdout.trim().split('\n');
  return { status, text: stdout, report: JSON.parse(lines.at(-1) ?? '') as Report };
}

describe('npm run doctor', () => {
  const bare = mkdtempSync(join(tmpdir(), 'millrace-doctor-'));
  beforeAll(() => symlinkSync(process.execPath, join(bare, 'node')));
  afterAll(() => rmSync(bare, { recursive: true }));

  it('names each missing tool with its fix, and exits with 1, on a machine that has Node alone', () => {
    const { status, text, report } = doctor({ PATH: bare, HOME: bare });
    expect(status).toBe(1);
    expect(report).toMatchObject({ canStart: false, engines: null });
    const missing = report.findings.filter(({ isOk }) => !isOk).map(({ name }) => name);
    expect(missing).toEqual(
      expect.arrayContaining(['Docker', 'compose', 'Java', 'Maven', 'Python', 'database']),
    );
    for (const fix of ['openjdk-17', 'apt-get install maven', 'python3-venv']) {
      expect(text).toContain(fix);
    }
    expect(text).toContain('✓ Node');
  });

  it('lets the same machine start on servers that are named', () => {
    const named = { KAFKA_BROKERS: 'broker:9092', MONGODB_URI: 'mongodb://database' };
    const { status, report } = doctor({ PATH: bare, HOME: bare, ...named });
    expect(status).toBe(0);
    expect(report).toMatchObject({ canStart: true, engines: 'external' });
  });
});

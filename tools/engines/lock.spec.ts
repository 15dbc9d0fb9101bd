import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runModule } from './module-process';

/** No process has it: the largest pid that Linux allows is 4194304. */
const DEAD_PID = 4_999_999;

describe('the lock of the engines', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-lock-'));
    file = join(folder, 'lock');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const withLock = (options: string) => `
    const { withLock } = await import('./tools/engines/lock.mjs');
    return withLock(${JSON.stringify(file)}, async () => 'done', ${options}).catch((error) => error.message);
  `;

  it('is gone after the work, also after work that failed', () => {
    expect(runModule(withLock('{}'))).toBe('done');
    expect(existsSync(file)).toBe(false);
    const failed = runModule<string>(`
      const { withLock } = await import('./tools/engines/lock.mjs');
      return withLock(${JSON.stringify(file)}, () => Promise.reject(new Error('no')), {}).catch((error) => error.message);
    `);
    expect(failed).toBe('no');
    expect(existsSync(file)).toBe(false);
  });

  it('of a process that is gone is taken over at once', () => {
    writeFileSync(file, `${DEAD_PID} 1`);
    expect(runModule(withLock('{ waitMs: 2000 }'))).toBe('done');
  });

  it('of an earlier process with the same pid is taken over', () => {
    writeFileSync(file, `${process.pid} 1`);
    const expected = process.platform === 'linux' ? 'done' : expect.stringContaining('holds');
    expect(runModule(withLock('{ waitMs: 2000 }'))).toEqual(expected);
  });

  it('of a living process is waited for, and then an error names that process', () => {
    const identity = runModule<string>(
      `return (await import('./tools/engines/process-identity.mjs')).identify(${process.pid})`,
    );
    writeFileSync(file, identity);
    expect(runModule(withLock('{ waitMs: 200 }'))).toContain('another command holds');
    expect(readFileSync(file, 'utf8')).toBe(identity);
  });

  it('lets one of several processes in at a time, also over a dead lock', async () => {
    writeFileSync(file, `${DEAD_PID} 1`);
    const journal = join(folder, 'journal');
    const body = `
      import { appendFileSync } from 'node:fs';
      import { withLock } from './tools/engines/lock.mjs';
      for (let round = 0; round < 3; round += 1) {
        await withLock(${JSON.stringify(file)}, async () => {
          appendFileSync(${JSON.stringify(journal)}, 'in ');
          await new Promise((resolve) => setTimeout(resolve, 20));
          appendFileSync(${JSON.stringify(journal)}, 'out ');
        });
      }
    `;
    const children = [1, 2, 3, 4].map(() =>
      spawn(process.execPath, ['--input-type=module', '--eval', body], { cwd: ROOT }),
    );
    const codes = await Promise.all(children.map((child) => once(child, 'exit')));
    expect(codes.map(([code]) => code)).toEqual([0, 0, 0, 0]);
    expect(readFileSync(journal, 'utf8')).toBe('in out '.repeat(12));
  });
});

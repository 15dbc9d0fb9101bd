import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runModule } from '../engines/module-process';

const lockfile = (version: string) =>
  JSON.stringify({ packages: { '': {}, 'node_modules/a': { version } } });

describe('the installation of the dependencies', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'millrace-install-'));
    writeFileSync(join(root, 'package.json'), '{}');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  /** Runs it with an npm that only records; answers its arguments, one list per call. */
  const install = (times = 1, status = 0) =>
    runModule<{ calls: readonly (readonly string[])[]; lines: readonly string[]; error?: string }>(`
      const { mkdirSync } = await import('node:fs');
      const { installDependencies } = await import('./tools/bootstrap/install.mjs');
      const root = ${JSON.stringify(root)}, calls = [], lines = [];
      const spawn = (_, args) => {
        calls.push(args);
        mkdirSync(root + '/node_modules', { recursive: true });
        return { status: ${status}, stdout: '', stderr: 'npm says why' };
      };
      try {
        for (let time = 0; time < ${times}; time += 1) await installDependencies({ root, spawn, print: (line) => lines.push(line) });
      } catch (error) {
        return { calls, lines, error: error.message };
      }
      return { calls, lines };
    `);

  it('runs once, without the packages’ scripts, and prints one line', () => {
    writeFileSync(join(root, 'package-lock.json'), lockfile('1.0.0'));
    const { calls, lines } = install(2);
    expect(calls).toEqual([expect.arrayContaining(['ci', '--ignore-scripts'])]);
    expect(lines).toEqual([expect.stringMatching(/^install +npm ci --ignore-scripts +\d/)]);
  });

  it('runs again when the lockfile has changed', () => {
    writeFileSync(join(root, 'package-lock.json'), lockfile('1.0.0'));
    install();
    writeFileSync(join(root, 'package-lock.json'), lockfile('1.0.1'));
    expect(install().calls).toHaveLength(1);
  });

  it('does without a lockfile', () => {
    expect(install().calls).toEqual([expect.arrayContaining(['install', '--ignore-scripts'])]);
  });

  it('does nothing when somebody installed the same by hand', () => {
    writeFileSync(join(root, 'package-lock.json'), lockfile('1.0.0'));
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'node_modules/.package-lock.json'), lockfile('1.0.0'));
    expect(install().calls).toEqual([]);
  });

  it('shows what npm said when it fails, and tries again the next time', () => {
    const { error } = install(1, 1);
    expect(error).toContain('npm says why');
    expect(existsSync(join(root, 'node_modules/.millrace-install'))).toBe(false);
  });
});

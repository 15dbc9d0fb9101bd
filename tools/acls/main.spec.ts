import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runModule } from '../engines/module-process';

describe('npm run acls', () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-acls-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  const acls = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(__dirname, 'main.mjs'), ...args],
      { encoding: 'utf8' },
    );
    return { status, stdout, stderr };
  };
  const written = (grants: object): string => {
    const file = join(dir, 'acls.json');
    writeFileSync(file, JSON.stringify(grants));
    return file;
  };
  const grant = { resource: 'topic', name: 'a', pattern: 'literal', operations: ['Read'] };

  it('makes one entry per operation, for the identity, from every host', () => {
    const grants = { processor: [{ ...grant, operations: ['Read', 'Describe'] }] };
    const entries = runModule<ReadonlyArray<Record<string, unknown>>>(`
      const { aclEntries } = await import('./tools/acls/acls.mjs');
      return aclEntries(${JSON.stringify(grants)});
    `);
    expect(entries).toEqual([
      expect.objectContaining({ principal: 'User:processor', resourceName: 'a', operation: 3 }),
      expect.objectContaining({ principal: 'User:processor', host: '*', operation: 8 }),
    ]);
  });

  it('says what it would grant, and asks no broker', () => {
    const { status, stdout } = acls(...['--brokers', '127.0.0.1:1', '--certs', dir, '--dry-run']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ granted: 0, identities: ['producer', 'processor'] });
  });

  it('grants nothing when a word is no right of Kafka', () => {
    const file = written({ processor: [{ ...grant, operations: ['Raed'] }] });
    const { status, stderr } = acls('--brokers', '127.0.0.1:1', '--certs', dir, '--file', file);
    expect(status).toBe(1);
    expect(stderr).toContain('nothing was granted: "Raed" is none of Read, Write');
  });

  it('shows its usage for anything else', () => {
    expect(acls().status).toBe(2);
    expect(acls('--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('usage: npm run acls') as string,
    });
  });
});

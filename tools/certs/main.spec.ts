import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('npm run certs', () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-certs-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  const certs = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(__dirname, 'main.mjs'), ...args],
      { encoding: 'utf8' },
    );
    return { status, stdout, stderr };
  };
  const certificate = (...names: readonly string[]) =>
    new X509Certificate(readFileSync(join(dir, ...names)));

  it('makes a root CA, an issuing CA and leaves, and keeps keys to their owner [C-27]', () => {
    const { status, stdout } = certs('--dir', dir);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ dir, ca: join(dir, 'ca.crt') });
    const [root, issuing] = [certificate('ca', 'root.crt'), certificate('ca', 'issuing.crt')];
    const leaf = certificate('kafka-server', 'tls.crt');
    expect([root.ca, issuing.ca, leaf.ca]).toEqual([true, true, false]);
    expect(leaf.verify(issuing.publicKey) && issuing.verify(root.publicKey)).toBe(true);
    expect(leaf.checkHost('kafka-1.kafka-headless.pipeline.svc.cluster.local')).toBeDefined();
    for (const key of ['processor/tls.key', 'processor/tls-combined.pem', 'ca/root.key']) {
      expect(statSync(join(dir, key)).mode & 0o777).toBe(0o600);
    }
  });

  it('renews one leaf under the CA that is there, and makes another CA beside it', () => {
    const before = certificate('processor', 'tls.crt').serialNumber;
    const other = certificate('producer', 'tls.crt').serialNumber;
    expect(certs('--dir', dir, '--only', 'processor').status).toBe(0);
    expect(certificate('processor', 'tls.crt').serialNumber).not.toBe(before);
    expect(certificate('producer', 'tls.crt').serialNumber).toBe(other);
    const bundle = () => readFileSync(join(dir, 'ca.crt'), 'utf8').match(/BEGIN/g)?.length;
    expect(bundle()).toBe(1);
    expect(certs('--dir', dir, '--only', 'processor', '--new-ca').status).toBe(0);
    expect(bundle()).toBe(2);
  });

  it.each([
    [[], '--dir is needed'],
    [['--dir', dir, '--minutes', '0'], '--minutes is a whole number above 0'],
    [['--dir', dir, '--only', 'nobody'], '--only nobody is no identity'],
    [['--dir', dir, '--days', '1'], 'days'],
  ])('refuses %j with 2 and its usage', (args, message) => {
    const { status, stderr } = certs(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain('usage: npm run certs');
  });
});

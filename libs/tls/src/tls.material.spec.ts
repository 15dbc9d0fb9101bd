import { createPrivateKey } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { TestCertificates } from './certificates.fixture';
import { readTlsFiles } from './tls.files';
import type { TlsFiles } from './tls.files';
import { tlsMaterial } from './tls.material';
import type { TlsMaterial } from './tls.material';

describe('TLS material from files [M-55]', () => {
  let certs: TestCertificates;
  const nowMs = Date.now();

  beforeAll(() => (certs = new TestCertificates()));
  afterAll(() => certs.remove());

  const load = async (files: TlsFiles): Promise<TlsMaterial> =>
    tlsMaterial(files, await readTlsFiles(files), nowMs);
  const processor = (): TlsFiles => ({
    caFile: certs.path('ca.crt'),
    certificateFile: certs.path('processor', 'tls.crt'),
    keyFile: certs.path('processor', 'tls.key'),
  });
  const written = (name: string, text: string): string => {
    writeFileSync(certs.path(name), text);
    return certs.path(name);
  };
  const text = (...names: string[]) => readFileSync(certs.path(...names), 'utf8');

  it('takes CA, certificate with its chain, and key', async () => {
    const { certificate, ca } = await load(processor());
    expect(certificate?.subject).toBe('CN=processor, OU=clients');
    expect(certificate?.notAfterMs).toBeGreaterThan(nowMs + 50 * 60_000);
    expect(certificate?.serialNumber).toMatch(/^01[0-9A-F]{30}$/);
    expect(ca?.subject).toContain('CN=millrace root');
  });

  it('takes certificate and key from one file', async () => {
    const { certificate } = await load({
      certificateFile: certs.path('processor', 'tls-combined.pem'),
    });
    expect(certificate?.subject).toContain('CN=processor');
  });

  it('takes a CA alone: the other side does not ask who we are', async () => {
    expect(await load({ caFile: certs.path('ca.crt') })).toMatchObject({ certificate: null });
  });

  it('takes a key with a passphrase, and says when it does not open it', async () => {
    const key = createPrivateKey(text('processor', 'tls.key')).export({
      ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'canary-passphrase' },
    } as never) as unknown as string;
    const locked = { ...processor(), keyFile: written('locked.key', key) };
    const passphraseFile = written('passphrase', 'canary-passphrase\n');
    expect((await load({ ...locked, passphraseFile })).certificate).not.toBeNull();
    const wrong = { ...locked, passphraseFile: written('wrong-passphrase', 'other') };
    for (const files of [locked, wrong]) {
      const error = await load(files).catch((thrown: Error) => thrown);
      expect(error).toMatchObject({
        code: 'TLS_FILE_UNREADABLE',
        message: `the private key ${certs.path('locked.key')} holds an encrypted key that the passphrase does not open`,
      });
      expect(JSON.stringify(error)).not.toContain('canary');
    }
  });

  it.each<[string, string, () => TlsFiles, RegExp]>([
    [
      'a file that is not there',
      'TLS_FILE_MISSING',
      () => ({ caFile: certs.path('none.crt') }),
      /CA file .*none\.crt does not exist/,
    ],
    [
      'a folder in the place of a file',
      'TLS_FILE_UNREADABLE',
      () => ({ caFile: certs.dir }),
      /cannot be read \(EISDIR\)/,
    ],
    [
      'a file without a certificate',
      'TLS_FILE_UNREADABLE',
      () => ({ caFile: certs.path('processor', 'tls.key') }),
      /holds no certificate in PEM/,
    ],
    [
      'half of a certificate',
      'TLS_FILE_UNREADABLE',
      () => ({ caFile: written('half.crt', text('ca.crt').slice(0, 300)) }),
      /holds no certificate in PEM/,
    ],
    [
      'a damaged certificate',
      'TLS_FILE_UNREADABLE',
      () => ({ caFile: written('damaged.crt', text('ca.crt').replace('MII', 'AAA')) }),
      /cannot be parsed/,
    ],
    [
      'a file without a key',
      'TLS_FILE_UNREADABLE',
      () => ({ ...processor(), keyFile: certs.path('ca.crt') }),
      /private key .* holds no private key in PEM/,
    ],
    [
      'a certificate without a key',
      'TLS_FILES_INCOMPLETE',
      () => ({ certificateFile: certs.path('processor', 'tls.crt') }),
      /holds no private key, and no key file is named/,
    ],
    [
      'a key without a certificate',
      'TLS_FILES_INCOMPLETE',
      () => ({ keyFile: certs.path('processor', 'tls.key') }),
      /has no certificate beside it/,
    ],
    [
      'the key of another identity',
      'TLS_KEY_MISMATCH',
      () => ({ ...processor(), keyFile: certs.path('producer', 'tls.key') }),
      /producer.tls\.key does not belong to CN=processor/,
    ],
    [
      'a leaf in the place of the CA',
      'TLS_CA_IS_LEAF',
      () => ({ caFile: certs.path('kafka-server', 'tls.crt') }),
      /holds CN=kafka-server, OU=servers, which is no CA/,
    ],
    [
      'an expired certificate',
      'TLS_EXPIRED',
      () => ({ certificateFile: certs.path('expired', 'tls-combined.pem') }),
      /certificate .* ended at 2/,
    ],
    [
      'a certificate that has not begun',
      'TLS_EXPIRED',
      () => ({ certificateFile: certs.path('not-yet', 'tls-combined.pem') }),
      /begins at 2/,
    ],
    [
      'a chain whose links do not fit',
      'TLS_CHAIN_BROKEN',
      () => ({
        certificateFile: written(
          'broken.pem',
          text('processor', 'tls-combined.pem').split('-----END CERTIFICATE-----')[0] +
            '-----END CERTIFICATE-----\n' +
            text('ca.crt'),
        ),
      }),
      /CN=processor, OU=clients was not signed by CN=millrace root/,
    ],
  ])('refuses %s: %s', async (_what, code, files, message) => {
    const error = (await load(files()).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code, failure: 'fatal' });
    expect(error.message).toMatch(message);
  });

  it('refuses a file that it may not read', async () => {
    const file = written('secret.key', text('processor', 'tls.key'));
    chmodSync(file, 0o000);
    const error = await load({ ...processor(), keyFile: file }).catch((thrown: unknown) => thrown);
    // Root reads everything.
    if (process.getuid?.() === 0) expect(error).toHaveProperty('context');
    else expect(error).toMatchObject({ code: 'TLS_FILE_UNREADABLE' });
  });

  it('a bundle may hold a CA that has ended, as long as one is valid', async () => {
    const other = new TestCertificates();
    try {
      other.make('--new-ca', '--minutes', '6000', '--only', 'producer');
      const files = { caFile: other.path('ca.crt') };
      const contents = await readTlsFiles(files);
      const inHours = (hours: number) => nowMs + hours * 3_600_000;
      // The first CA lives for 4 hours, the second one for 400.
      expect(tlsMaterial(files, contents, inHours(1)).ca?.notAfterMs).toBeLessThan(inHours(5));
      expect(tlsMaterial(files, contents, inHours(5)).ca?.notAfterMs).toBeGreaterThan(inHours(300));
      expect(() => tlsMaterial(files, contents, inHours(500))).toThrow(/ended at/);
    } finally {
      other.remove();
    }
  });
});

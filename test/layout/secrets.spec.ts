import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, projectFiles, readText } from './tree';

/** Built from halves, so that this file does not hold what it looks for. */
const either = (...parts: string[]) => new RegExp(parts.join('|'));
const PATTERNS: Readonly<Record<string, RegExp>> = {
  'a private key': either('-----BEGIN [A-Z ]*PRIVATE' + ' KEY-----'),
  'a token of a registry': either(
    '_auth' + 'Token',
    '_pass' + 'word *=',
    '\\bnpm_[A-Za-z0-9]{36}\\b',
  ),
  'a cloud or forge key': either('\\bAKIA[0-9A-Z]{16}\\b', '\\bgh[pousr]_[A-Za-z0-9]{36}\\b'),
  'a path of one machine': either(
    '(^|[\\s"\'`(=:,])/(root|home|work)' + '/',
    '[A-Z]:\\\\Users\\\\',
  ),
  'a host of a registry': either(
    'registry\\.npm' + 'js',
    'registry\\.yarn' + 'pkg',
    '/artifact' + 'ory/',
  ),
};

const MAX_TEXT_BYTES = 2 * 2 ** 20;

describe('what is committed', () => {
  const files = projectFiles().filter(
    (file) => statSync(join(ROOT, file)).size <= MAX_TEXT_BYTES && !/\.(png|jpg|ico)$/.test(file),
  );
  const texts = files.map((file) => ({ file, text: readText(file) }));

  it.each(Object.entries(PATTERNS))('holds no %s', (_, pattern) => {
    expect(texts.filter(({ text }) => pattern.test(text)).map(({ file }) => file)).toEqual([]);
  });

  it.each([
    ['a private key', `-----BEGIN RSA PRIVATE${' '}KEY-----`],
    ['a token of a registry', `//host/:_auth${'Token'}=abc`],
    ['a cloud or forge key', `AKIA${'A'.repeat(16)}`],
    ['a path of one machine', `see "${'/home'}/somebody/file"`],
    ['a host of a registry', `https://registry.npm${'js'}.org/`],
  ])('%s would be found', (name, sample) => {
    expect(PATTERNS[name]?.test(sample)).toBe(true);
  });

  it('holds no environment file and no key file', () => {
    const isSecretFile = (file: string) =>
      /(^|\/)\.env($|\.(?!example$))|\.(pem|key|p12|jks|keystore)$/.test(file);
    expect(projectFiles().filter(isSecretFile)).toEqual([]);
  });

  it('holds nothing larger than 2 MiB', () => {
    const large = projectFiles().filter((file) => statSync(join(ROOT, file)).size > MAX_TEXT_BYTES);
    expect(large).toEqual([]);
  });
});

// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EngineError } from './engine-error.mjs';

/**
 * Compares the jars of a folder with a committed list, both ways: nothing other, nothing missing, nothing more.
 *
 * @param {string} folder
 * @param {string} listFile - lines of `sha256sum`: hash, two spaces, file name.
 * @throws {EngineError} naming each file that differs.
 */
export function verifyJars(folder, listFile) {
  const expected = readList(listFile);
  const present = readdirSync(folder).filter((name) => name.endsWith('.jar'));
  const findings = [
    ...[...expected].flatMap(([name, hash]) => jarFinding(join(folder, name), hash)),
    ...present.filter((name) => !expected.has(name)).map((name) => `${name}: not on the list`),
  ];
  if (findings.length === 0) return;
  throw new EngineError(`the Kafka jars in ${folder} are not the ones that were checked`, {
    cause: `${findings.slice(0, 5).join('\n')}${findings.length > 5 ? `\nand ${findings.length - 5} more` : ''}`,
    fix: `rm -r '${folder}' and run it again; if it stays so, your Maven mirror serves other files than ${basename(listFile)} names`,
  });
}

/** @param {string} listFile @returns {Map<string, string>} */
function readList(listFile) {
  const lines = readFileSync(listFile, 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

/** @param {string} file @param {string} expected */
function jarFinding(file, expected) {
  if (!existsSync(file)) return [`${basename(file)}: missing`];
  const actual = createHash('sha256').update(readFileSync(file)).digest('hex');
  return actual === expected
    ? []
    : [`${basename(file)}: sha256 ${actual.slice(0, 16)}..., expected ${expected.slice(0, 16)}...`];
}

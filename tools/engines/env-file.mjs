// @ts-check
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes the file that the apps read outside production; readers see the earlier file or the whole new one.
 *
 * @param {string} file
 * @param {{ kind: string, kafkaBrokers: string, mongoUri: string, capabilities?: readonly string[] }} engines
 */
export function writeEnvFile(file, engines) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, renderEnvFile(engines), { mode: 0o600 });
  renameSync(`${file}.${process.pid}`, file);
}

/**
 * @param {{ kind: string, kafkaBrokers: string, mongoUri: string, capabilities?: readonly string[] }} engines
 * @returns {string}
 */
export const renderEnvFile = ({ kind, kafkaBrokers, mongoUri, capabilities }) =>
  [
    `# Written by \`npm run engines -- up\`. Kind: ${kind}.`,
    `KAFKA_BROKERS=${kafkaBrokers}`,
    `MONGODB_URI=${mongoUri}`,
    ...(capabilities ? [`MONGODB_CAPABILITIES=${capabilities.join(',')}`] : []),
    '',
  ].join('\n');

/**
 * Reads such a file.
 *
 * @param {string} file
 * @returns {Record<string, string>} empty when there is none.
 */
export function readEnvFile(file) {
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /^[A-Z_]+=/.test(line));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

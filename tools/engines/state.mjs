// @ts-check
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What runs from a state folder. `owner` names the command that stops the engines at its end; after `engines up` there is none.
 *
 * @typedef {{ kind: import('./choose-kind.mjs').EngineKind, kafkaBrokers: string, mongoUri: string, started: readonly string[], brokerDirs: readonly string[], brokerPorts: readonly number[], controllerPorts?: readonly number[], databasePort?: number, secure?: import('./secure-listeners.mjs').SecureKafka, secureMongo?: import('./secure-database.mjs').SecureMongo, owner?: string, capabilities?: readonly string[] }} EnginesState
 */

/** @param {string} dir */
const stateFile = (dir) => join(dir, 'state.json');

/** @param {string} dir */
export const lockFile = (dir) => join(dir, 'lock');
/** @param {string} dir */
export const envFile = (dir) => join(dir, 'env');
/** Data of one with users is of no use to one without. @param {string} dir @param {boolean} [isSecure] */
export const databaseDir = (dir, isSecure = false) =>
  join(dir, isSecure ? 'database-tls' : 'database');

/**
 * @param {string} dir
 * @returns {EnginesState | undefined} undefined when nothing was ever started from there.
 */
export function readState(dir) {
  try {
    return JSON.parse(readFileSync(stateFile(dir), 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {string} dir @param {EnginesState} state */
export function writeState(dir, state) {
  mkdirSync(dir, { recursive: true });
  writeFileSync(`${stateFile(dir)}.${process.pid}`, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(`${stateFile(dir)}.${process.pid}`, stateFile(dir));
}

/** @param {string} dir */
export function forgetState(dir) {
  rmSync(stateFile(dir), { force: true });
  rmSync(envFile(dir), { force: true });
}

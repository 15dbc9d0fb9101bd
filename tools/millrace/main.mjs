// @ts-check
// `npm run millrace -- VERB`: what operators want of running services.
import { userInfo } from 'node:os';
import { readFileSync } from 'node:fs';
import { EngineError, renderEngineError } from '../engines/engine-error.mjs';
import { readEnvFile } from '../engines/env-file.mjs';
import { withMongoClient } from '../engines/mongo-client.mjs';
import { DEFAULT_ENGINES_DIR } from '../engines/paths.mjs';
import { envFile } from '../engines/state.mjs';
import { USAGE, readArguments } from './arguments.mjs';
import { pause, readState, restart, resume } from './control.mjs';

const print = console.log;
const CONNECT_TIMEOUT_MS = 10_000;

/** @param {NodeJS.ProcessEnv} env */
function databaseOf(env) {
  const { MONGODB_URI } = { ...readEnvFile(envFile(DEFAULT_ENGINES_DIR)), ...env };
  const uri = env.MONGODB_URI_FILE
    ? readFileSync(env.MONGODB_URI_FILE, 'utf8').trimEnd()
    : MONGODB_URI;
  if (uri) return { uri, name: env.MONGODB_DATABASE || 'pipeline' };
  throw new EngineError('no database is named', {
    cause: 'MONGODB_URI is not set, and no engines of this folder have run',
    fix: 'MONGODB_URI=mongodb://... npm run millrace -- pauses',
  });
}

/** @param {import('./arguments.mjs').Target} target */
const nameOf = ({ groupId, topic, partition }) =>
  [
    `group "${groupId}"`,
    topic && `topic "${topic}"`,
    partition !== undefined && `partition ${partition}`,
  ]
    .filter(Boolean)
    .join(', ');

/** @param {import('mongodb').Db} db */
async function showPauses(db) {
  const state = await readState(db);
  for (const { groupId, topic, partition, by, reason, at } of state.pauses) {
    print(
      `paused   ${nameOf({ groupId, topic, partition })}, by ${by}, ${at?.toISOString()}: ${reason}`,
    );
  }
  for (const { groupId, serviceVersion, at } of state.stops) {
    print(
      `stopped  group "${groupId}" of version ${serviceVersion}, by itself, ${at?.toISOString()}`,
    );
  }
  if (state.pauses.length + state.stops.length === 0) print('nothing is paused or stopped');
  return state;
}

/**
 * @param {import('mongodb').Db} db
 * @param {import('./arguments.mjs').Target} target
 * @param {{ by: string, reason: string, at: Date }} audit
 */
async function letGoOn(db, target, audit) {
  const resumed = await resume(db, target, audit);
  const restarted = target.topic === undefined && (await restart(db, target.groupId, audit));
  if (!resumed && !restarted) {
    throw new EngineError(`${nameOf(target)} is neither paused nor stopped`, {
      cause: 'another name, another database, or a pause of another extent: --topic, --partition',
      fix: 'npm run millrace -- pauses',
    });
  }
  if (resumed) print(`resumed  ${nameOf(target)}`);
  if (restarted) print(`goes on  group "${target.groupId}" had stopped itself`);
  return { ...target, resumed, restarted };
}

/** @param {import('./arguments.mjs').Command} command @param {import('mongodb').Db} db */
async function act(command, db) {
  if (!('audit' in command)) return showPauses(db);
  const audit = { ...command.audit, at: new Date() };
  if (command.verb === 'resume') return letGoOn(db, command.target, audit);
  await pause(db, command.target, audit);
  print(`paused   ${nameOf(command.target)}`);
  return { ...command.target, paused: true };
}

async function main() {
  let command;
  try {
    command = readArguments(process.argv.slice(2), userInfo().username);
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (command.verb === 'help') return print(USAGE);
  try {
    const { uri, name } = databaseOf(process.env);
    const result = await withMongoClient(uri, (client) => act(command, client.db(name)), {
      timeoutMs: Number(/serverSelectionTimeoutMS=(\d+)/i.exec(uri)?.[1] ?? CONNECT_TIMEOUT_MS),
    });
    print(JSON.stringify(result));
  } catch (error) {
    console.error(renderEngineError(error));
    process.exitCode = 1;
  }
}

await main();

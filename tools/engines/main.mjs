// @ts-check
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { installDependencies } from '../bootstrap/install.mjs';
import { ENGINE_KINDS } from './choose-kind.mjs';
import { dockerLogs } from './docker-engines.mjs';
import { EngineError, renderEngineError } from './engine-error.mjs';
import { enginesDown, enginesStatus, enginesUp } from './engines.mjs';
import { stopBroker } from './kafka-broker.mjs';
import { restartBroker, restartDatabase, stopLocalDatabase } from './local-engines.mjs';
import { PROJECT_ROOT, enginesDir } from './paths.mjs';
import { readState } from './state.mjs';

const USAGE = `usage: npm run engines -- VERB [flags]

  up                start Kafka and a MongoDB-wire server, or find those that run
  down              stop what \`up\` started; data stays
  status            what runs; exit code 3 when something is down
  logs              the last lines of each server's log
  stop-broker, start-broker, stop-database, start-database
                    one server of running local engines, for fault tests

  --engines=KIND    ${ENGINE_KINDS.join(' | ')}; default: the first that is possible, in this order
  --three-brokers   three brokers, replication factor 3 (local)
  --tls             one broker and the database with users, reached over TLS alone (local)
  --trace-tls       with --tls: the log of the broker shows each certificate
  --dir=DIR         another state folder; it gets free ports; default .engines
  --lines=N         of logs; default 40
  --signal=NAME     of stop-broker and stop-database; default SIGTERM
  --node=N          of stop-broker and start-broker; default 1

The last line is one JSON object.`;

const FLAGS = /** @type {const} */ ({
  engines: { type: 'string' },
  'three-brokers': { type: 'boolean' },
  tls: { type: 'boolean' },
  'trace-tls': { type: 'boolean' },
  dir: { type: 'string' },
  lines: { type: 'string', default: '40' },
  signal: { type: 'string', default: 'SIGTERM' },
  node: { type: 'string', default: '1' },
  help: { type: 'boolean', short: 'h' },
});

/** @typedef {ReturnType<typeof readArguments>['flags']} Flags */

const print = console.log;

/** @type {Record<string, (flags: Flags) => Promise<object>>} */
const VERBS = {
  up: async (flags) => {
    await installDependencies({ print });
    return enginesUp({
      dir: flags.dir,
      engines: flags.kind,
      threeBrokers: flags['three-brokers'],
      tls: flags.tls,
      traceTls: flags['trace-tls'],
      print,
    });
  },
  down: async ({ dir }) => ({ stopped: await enginesDown({ dir, print }) }),
  status: async ({ dir }) => {
    const status = await enginesStatus({ dir });
    if (status.kafka === 'down' || status.database === 'down') process.exitCode = 3;
    return status;
  },
  logs: async ({ dir, lines }) => ({ files: await showLogs(enginesDir(dir), Number(lines)) }),
  'stop-broker': async ({ dir, node, signal }) => ({
    stopped: await stopBroker({ dir: brokerDir(dir, Number(node)), signal }),
  }),
  'start-broker': async ({ dir, node }) =>
    restartBroker({ state: requireState(dir), node: Number(node), env: process.env }),
  'stop-database': async ({ dir, signal }) => ({
    stopped: await stopLocalDatabase(enginesDir(dir), signal),
  }),
  'start-database': async ({ dir }) =>
    restartDatabase({ state: requireState(dir), dir: enginesDir(dir) }),
};

/** @param {string[]} argv */
function readArguments(argv) {
  const { values, positionals } = parseArgs({ args: argv, options: FLAGS, allowPositionals: true });
  const kind = ENGINE_KINDS.find((each) => each === values.engines);
  if (values.engines && !kind)
    throw new TypeError(`--engines is one of ${ENGINE_KINDS.join(', ')}`);
  if (positionals.length !== 1 && !values.help) throw new TypeError('one verb is needed');
  return {
    verb: positionals[0] ?? '',
    flags: { ...values, kind, signal: /** @type {NodeJS.Signals} */ (values.signal) },
  };
}

/** @param {string | undefined} dir */
function requireState(dir) {
  const state = readState(enginesDir(dir));
  if (state?.kind === 'local') return state;
  throw new EngineError('no local engines were started from this folder', {
    fix: 'npm run engines -- up --engines=local',
  });
}

/** @param {string | undefined} dir @param {number} node */
const brokerDir = (dir, node) => requireState(dir).brokerDirs[node - 1] ?? '';

/** @param {string} dir @param {number} lineCount */
async function showLogs(dir, lineCount) {
  if (readState(dir)?.kind === 'docker') print(await dockerLogs(dir, process.env, lineCount));
  const files = logFiles(dir);
  for (const file of files) {
    print(`==> ${relative(PROJECT_ROOT, file)}`);
    print(readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lineCount).join('\n'));
  }
  return files;
}

/** @param {string} dir */
function logFiles(dir) {
  try {
    const names = readdirSync(dir, { recursive: true, encoding: 'utf8' });
    return names
      .filter((name) => name.endsWith('.log') && !/(^|[/\\])\S*data[/\\]/.test(name))
      .map((name) => join(dir, name));
  } catch {
    return [];
  }
}

async function main() {
  let parsed;
  try {
    parsed = readArguments(process.argv.slice(2));
    if (!parsed.flags.help && !VERBS[parsed.verb])
      throw new TypeError(`unknown verb ${parsed.verb}`);
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (parsed.flags.help) return print(USAGE);
  try {
    print(JSON.stringify(await VERBS[parsed.verb]?.(parsed.flags)));
  } catch (error) {
    console.error(renderEngineError(error));
    process.exitCode = 1;
  }
}

await main();

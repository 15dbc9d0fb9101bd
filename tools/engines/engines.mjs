// @ts-check
import { bringUp, stopStarted } from './bring-up.mjs';
import { chooseKind } from './choose-kind.mjs';
import { findDatabase } from './database.mjs';
import { runningServices } from './docker-engines.mjs';
import { findBroker } from './kafka-broker.mjs';
import { withLock } from './lock.mjs';
import { enginesDir } from './paths.mjs';
import { machineProbes } from './prerequisites.mjs';
import { identify } from './process-identity.mjs';
import { databaseDir, forgetState, lockFile, readState } from './state.mjs';
import { step, stepLine } from './steps.mjs';

/**
 * @typedef {{ dir?: string, env?: NodeJS.ProcessEnv, engines?: import('./choose-kind.mjs').EngineKind, threeBrokers?: boolean, tls?: boolean, traceTls?: boolean, owned?: boolean, print?: (line: string) => void }} EnginesOptions
 * @typedef {{ kind: import('./choose-kind.mjs').EngineKind, kafkaBrokers: string, mongoUri: string, capabilities: readonly string[], secure?: import('./secure-listeners.mjs').SecureKafka, secureMongo?: import('./secure-database.mjs').SecureMongo, started: readonly string[], dir: string }} Engines
 * @typedef {{ kind?: string, kafka: 'up' | 'down', database: 'up' | 'down', kafkaBrokers?: string, mongoUri?: string, capabilities?: readonly string[], dir: string }} EnginesStatus
 */

/**
 * Brings up real Kafka and a MongoDB-wire server, or finds those that are up; calling it again changes nothing.
 *
 * The servers outlive this process. With `owned` they belong to it: `enginesDown` with `owned` stops exactly what this
 * process started, or took over from an owner that is gone. Engines of `npm run engines -- up` are never owned.
 *
 * @param {EnginesOptions} [options] - `dir` state folder, default `.engines` with the usual ports, others have free ones;
 *   `engines` forces a kind; `threeBrokers` default: as many as run, else one; `tls`: one broker and the database, reached with certificates alone, where nothing is granted by itself; `traceTls`: the log of the broker shows the certificates; `print` gets one line per step.
 * @returns {Promise<Engines>} `started` names what the caller has to stop: `kafka`, `database`.
 * @throws {import('./engine-error.mjs').EngineError} when no kind is possible, a server does not start, or REQUIRE_CAPABILITIES is not met.
 */
export async function enginesUp({
  dir,
  env = process.env,
  engines,
  threeBrokers,
  tls,
  traceTls,
  owned = false,
  print = () => {},
} = {}) {
  const folder = enginesDir(dir);
  const choice = await chooseKind({ env, forced: engines, probes: machineProbes(env) });
  print(stepLine('engines', `${choice.kind}: ${choice.reason}`));
  const onWait = (/** @type {number} */ pid) =>
    print(stepLine('engines', `waiting for process ${pid}, which holds the lock`));
  const work = () =>
    bringUp({ dir: folder, env, choice, threeBrokers, tls, traceTls, owned, print });
  const {
    kind,
    kafkaBrokers,
    mongoUri,
    capabilities = [],
    secure,
    secureMongo,
    started,
    owner,
  } = await withLock(lockFile(folder), work, { onWait });
  const isMine = !owned || owner === identify(process.pid);
  return {
    kind,
    kafkaBrokers,
    mongoUri,
    capabilities,
    ...(secure && { secure }),
    ...(secureMongo && { secureMongo }),
    started: isMine ? started : [],
    dir: folder,
  };
}

/**
 * Stops what was started from a state folder, and nothing else; data stays.
 *
 * @param {{ dir?: string, env?: NodeJS.ProcessEnv, owned?: boolean, print?: (line: string) => void }} [options] - `owned`: only if they belong to this process.
 * @returns {Promise<readonly string[]>} what was stopped.
 */
export async function enginesDown({
  dir,
  env = process.env,
  owned = false,
  print = () => {},
} = {}) {
  const folder = enginesDir(dir);
  return withLock(lockFile(folder), async () => {
    const state = readState(folder);
    if (owned && state?.owner !== identify(process.pid)) return [];
    const names = state?.started ?? [];
    if (state)
      await step(
        print,
        'engines',
        () => stopStarted(folder, env, state),
        () => `stopped ${names.join(' and ') || 'nothing'}`,
      );
    forgetState(folder);
    return names;
  });
}

/**
 * Tells what runs from a state folder.
 *
 * @param {{ dir?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<EnginesStatus>}
 */
export async function enginesStatus({ dir, env = process.env } = {}) {
  const folder = enginesDir(dir);
  const state = readState(folder);
  if (!state) return { kafka: 'down', database: 'down', dir: folder };
  const running =
    state.kind === 'docker' ? await runningInDocker(folder, env) : runningLocally(folder, state);
  const { kind, kafkaBrokers, mongoUri, capabilities } = state;
  return { kind, ...running, kafkaBrokers, mongoUri, capabilities, dir: folder };
}

/** @param {string} dir @param {NodeJS.ProcessEnv} env */
async function runningInDocker(dir, env) {
  const services = await runningServices({ dir, env });
  return {
    kafka: upOrDown(services.includes('kafka')),
    database: upOrDown(services.includes('mongo')),
  };
}

/** @param {string} dir @param {import('./state.mjs').EnginesState} state */
const runningLocally = (dir, { brokerDirs, secureMongo }) => ({
  kafka: upOrDown(
    brokerDirs.length > 0 && brokerDirs.every((each) => findBroker(each) !== undefined),
  ),
  database: upOrDown(findDatabase(databaseDir(dir, secureMongo !== undefined)) !== undefined),
});

/** @param {boolean} isUp @returns {'up' | 'down'} */
const upOrDown = (isUp) => (isUp ? 'up' : 'down');

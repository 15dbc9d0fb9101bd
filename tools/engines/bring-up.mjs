// @ts-check
import { probeCapabilities, requireCapabilities } from './capabilities.mjs';
import { startDocker, stopDocker } from './docker-engines.mjs';
import { EngineError } from './engine-error.mjs';
import { writeEnvFile } from './env-file.mjs';
import {
  startLocalDatabase,
  startLocalKafka,
  stopLocalDatabase,
  stopLocalKafka,
} from './local-engines.mjs';
import { resolveOwner } from './ownership.mjs';
import { isReachable } from './ports.mjs';
import { secureMaterial } from './secure-material.mjs';
import { envFile, forgetState, readState, writeState } from './state.mjs';
import { step, until } from './steps.mjs';

/**
 * @typedef {{ dir: string, env: NodeJS.ProcessEnv, choice: import('./choose-kind.mjs').Choice, threeBrokers?: boolean, tls?: boolean, traceTls?: boolean, owned: boolean, print: (line: string) => void }} BringUp
 * @typedef {import('./state.mjs').EnginesState} EnginesState
 */

/**
 * Starts or finds the servers of a choice, and writes down what runs; the caller holds the lock.
 *
 * @param {BringUp} context
 * @returns {Promise<EnginesState>}
 */
export async function bringUp(context) {
  const { dir, choice, env } = context;
  /** @type {EnginesState & { probeUri?: string }} */
  const state = choice.kind === 'external' ? external(env) : await startServers(context);
  const { probeUri, ...facts } = state;
  const capabilities = await probe(context, { ...facts, mongoUri: probeUri ?? facts.mongoUri });
  const known = { ...facts, capabilities };
  if (choice.kind !== 'external') writeState(dir, known);
  writeEnvFile(envFile(dir), known);
  return known;
}

/**
 * Stops the servers of a state.
 *
 * @param {string} dir
 * @param {NodeJS.ProcessEnv} env
 * @param {EnginesState} state
 */
export async function stopStarted(dir, env, state) {
  if (state.kind === 'docker') await stopDocker(dir, env, state.started);
  if (state.kind === 'local')
    await Promise.all([stopLocalKafka(state.brokerDirs), stopLocalDatabase(dir)]);
}

/** `probeUri`: with the password of the administrator, and so never written down. @param {BringUp} context @returns {Promise<EnginesState & { probeUri?: string }>} */
async function startServers(context) {
  const earlier = await earlierOfSameKind(context);
  const servers =
    context.choice.kind === 'docker'
      ? await startInDocker(context, earlier)
      : await startLocally(context, earlier);
  const owner = resolveOwner({ ...servers, owned: context.owned, earlier });
  const { probeUri, ...facts } = servers.facts;
  /** @type {EnginesState} */
  const state = {
    ...facts,
    kind: context.choice.kind,
    started: servers.names,
    ...(owner && { owner }),
  };
  // Before anything else can fail, so that `down` knows what runs.
  writeState(context.dir, state);
  return { ...state, ...(probeUri && { probeUri }) };
}

/** @param {BringUp} context */
async function earlierOfSameKind({ dir, env, choice, print }) {
  const earlier = readState(dir);
  if (!earlier || earlier.kind === choice.kind) return earlier;
  await step(
    print,
    'engines',
    () => stopStarted(dir, env, earlier),
    () => `stopped those of kind ${earlier.kind}`,
  );
  forgetState(dir);
  return undefined;
}

/** @param {BringUp} context @param {EnginesState} [earlier] */
async function startInDocker(context, earlier) {
  if (context.threeBrokers || context.tls) {
    const flag = context.tls ? '--tls' : '--three-brokers';
    throw new EngineError('compose.yaml has one broker, without TLS', {
      fix: `npm run engines -- up --engines=local ${flag}`,
    });
  }
  const { started, ...facts } = await startDocker({ ...context, earlier }, context.choice.wanted);
  const names = [...new Set([...(earlier?.started ?? []), ...started])];
  const all = { ...external(context.env), ...facts, brokerDirs: [], probeUri: undefined };
  return { facts: all, fresh: started, names };
}

/** @param {BringUp} context @param {EnginesState} [earlier] */
async function startLocally(context, earlier) {
  const { env, choice, threeBrokers, tls = earlier?.secure !== undefined } = context;
  const material = tls ? await secureMaterial(context.dir) : undefined;
  const local = { ...context, earlier, material };
  const isThree = threeBrokers ?? (earlier?.brokerDirs.length ?? 1) > 1;
  const brokerCount = isThree && !tls ? 3 : 1;
  const [kafka, database] = await bothOrThrow([
    choice.wanted.kafka ? startLocalKafka(local, { brokerCount }) : undefined,
    choice.wanted.database ? startLocalDatabase(local) : undefined,
  ]);
  const facts = { ...external(env), probeUri: undefined, ...kafka, ...database };
  const names = [...(kafka ? ['kafka'] : []), ...(database ? ['database'] : [])];
  return { facts, fresh: [...(kafka?.started ?? []), ...(database?.started ?? [])], names };
}

/**
 * Waits for both before it fails: an error of one must not leave the other half started.
 *
 * @template A, B
 * @param {readonly [Promise<A> | undefined, Promise<B> | undefined]} work
 * @returns {Promise<[A | undefined, B | undefined]>}
 */
async function bothOrThrow(work) {
  const results = await Promise.allSettled(work);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return Promise.all(work);
}

/** @param {NodeJS.ProcessEnv} env @returns {EnginesState} */
const external = (env) => ({
  ...{ kind: 'external', started: [], brokerDirs: [], brokerPorts: [] },
  ...{ kafkaBrokers: env.KAFKA_BROKERS ?? '', mongoUri: env.MONGODB_URI ?? '' },
});

/** @param {BringUp} context @param {EnginesState} state */
async function probe({ env, choice, print }, state) {
  if (!choice.wanted.kafka) await requireReachable(state.kafkaBrokers);
  const capabilities = await step(
    print,
    'probe',
    () => probeCapabilities(state.mongoUri),
    (found) => `the database has ${found.join(', ') || 'no optional capability'}`,
  );
  requireCapabilities(capabilities, env.REQUIRE_CAPABILITIES);
  return capabilities;
}

/** @param {string} brokers */
async function requireReachable(brokers) {
  const addresses = brokers.split(',').map((address) => address.trim());
  const answers = () => Promise.all(addresses.map(isReachable)).then((all) => all.some(Boolean));
  if (await until(answers, { timeoutMs: 10_000, everyMs: 500 })) return;
  throw new EngineError(`no broker of KAFKA_BROKERS answers: ${brokers}`, {
    cause: 'it is not running, or the address is that of another network (advertised listeners)',
    fix: 'start it, or unset KAFKA_BROKERS to let this command start one',
  });
}

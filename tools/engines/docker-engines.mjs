// @ts-check
import { createHash } from 'node:crypto';
import { EngineError } from './engine-error.mjs';
import { DEFAULT_ENGINES_DIR, PROJECT_ROOT } from './paths.mjs';
import { choosePort } from './ports.mjs';
import { run } from './run.mjs';
import { step } from './steps.mjs';

/** @typedef {import('./local-engines.mjs').LocalContext} DockerContext */

/**
 * Starts the wanted services of compose.yaml and waits until they are healthy.
 *
 * @param {DockerContext} context
 * @param {import('./choose-kind.mjs').Wanted} wanted
 * @returns {Promise<{ kafkaBrokers?: string, mongoUri?: string, brokerPorts: readonly number[], databasePort?: number, started: readonly string[] }>}
 * @throws {EngineError} with the end of what docker compose said.
 */
export async function startDocker(context, wanted) {
  const services = [...(wanted.kafka ? ['kafka'] : []), ...(wanted.database ? ['mongo'] : [])];
  const running = await runningServices(context);
  const ports = await hostPorts(context, running);
  await step(
    context.print,
    'docker',
    () => up(context, services, ports),
    () => `compose services ${services.join(', ')} are healthy`,
  );
  const fresh = services.filter((service) => !running.includes(service));
  return {
    ...(wanted.kafka && { kafkaBrokers: `127.0.0.1:${ports.kafka}` }),
    ...(wanted.database && {
      mongoUri: `mongodb://127.0.0.1:${ports.database}/?directConnection=true`,
    }),
    ...{ brokerPorts: [ports.kafka], databasePort: ports.database },
    started: fresh.map((service) => (service === 'mongo' ? 'database' : service)),
  };
}

/**
 * Stops services; their containers and volumes stay.
 *
 * @param {string} dir
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} started - such as `kafka`, `database`.
 */
export async function stopDocker(dir, env, started) {
  const services = started.map((name) => (name === 'database' ? 'mongo' : name));
  const result = await compose(dir, ['stop', ...services], env);
  if (result.code !== 0) throw composeFailed('stop', result);
}

/** @param {string} dir @param {NodeJS.ProcessEnv} env @param {number} lineCount */
export const dockerLogs = async (dir, env, lineCount) =>
  (await compose(dir, ['logs', '--no-color', '--tail', String(lineCount)], env)).stdout;

/**
 * Lists the services that run.
 *
 * @param {{ dir: string, env: NodeJS.ProcessEnv }} context
 * @returns {Promise<readonly string[]>}
 */
export async function runningServices({ dir, env }) {
  const { stdout } = await compose(dir, ['ps', '--services', '--status', 'running'], env);
  return stdout.split('\n').filter(Boolean);
}

/** The checkout's own engines are the plain compose project; any other set has a name of its own. @param {string} dir */
const projectArguments = (dir) => {
  const suffix = createHash('sha256').update(dir).digest('hex').slice(0, 8);
  return dir === DEFAULT_ENGINES_DIR ? [] : ['-p', `millrace-${suffix}`];
};

/** @param {string} dir @param {readonly string[]} args @param {NodeJS.ProcessEnv} env */
const compose = (dir, args, env) =>
  run('docker', ['compose', ...projectArguments(dir), ...args], { cwd: PROJECT_ROOT, env });

/** @param {DockerContext} context @param {readonly string[]} running */
async function hostPorts(context, running) {
  const own = context.dir === DEFAULT_ENGINES_DIR;
  const choose = async (
    /** @type {string} */ service,
    /** @type {number | undefined} */ before,
    /** @type {number} */ usual,
  ) =>
    (running.includes(service) && (await publishedPort(context, service, usual))) ||
    choosePort([before, own ? usual : undefined]);
  return {
    kafka: await choose('kafka', context.earlier?.brokerPorts[0], 9092),
    database: await choose('mongo', context.earlier?.databasePort, 27017),
  };
}

/** @param {DockerContext} context @param {string} service @param {number} containerPort */
async function publishedPort({ dir, env }, service, containerPort) {
  const { stdout } = await compose(dir, ['port', service, String(containerPort)], env);
  return Number(/:(\d+)\s*$/.exec(stdout)?.[1] ?? 0);
}

/** @param {DockerContext} context @param {readonly string[]} services @param {{ kafka: number, database: number }} ports */
async function up({ dir, env }, services, ports) {
  const composeEnv = {
    ...env,
    KAFKA_HOST_PORT: String(ports.kafka),
    MONGO_HOST_PORT: String(ports.database),
  };
  const result = await compose(dir, ['up', '-d', '--wait', ...services], composeEnv);
  if (result.code !== 0) throw composeFailed('up', result);
}

/** @param {string} verb @param {import('./run.mjs').RunResult} result */
const composeFailed = (verb, result) =>
  new EngineError(`docker compose ${verb} ended with ${result.code}`, {
    cause: (result.stderr + result.stdout).trim().split('\n').slice(-8).join('\n'),
    fix: 'docker compose logs; or run the servers as local processes: --engines=local',
  });

// @ts-check
import { nodeVersionProblem } from '../bootstrap/node-version.mjs';
import { hasSecantus, secantusVersion } from '../engines/database-server.mjs';
import { enginesStatus } from '../engines/engines.mjs';
import { JAVA_FLOOR, findJava } from '../engines/java.mjs';
import { hasKafkaJars, kafkaVersion } from '../engines/kafka-jars.mjs';
import { isPortFree } from '../engines/ports.mjs';
import { findPython } from '../engines/python.mjs';
import { onPath, run } from '../engines/run.mjs';

/** @typedef {{ name: string, isOk: boolean, text: string, fix?: string }} Finding */

/**
 * Looks at everything that the main job may use, in the order in which it is used.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<readonly Finding[]>}
 */
export async function findingsOf(env) {
  const groups = await Promise.all([
    node(),
    npm(env),
    docker(env),
    java(env),
    maven(env),
    jars(env),
    database(env),
    ports(env),
  ]);
  return groups.flat();
}

async function node() {
  const problem = nodeVersionProblem();
  return found(
    'Node',
    !problem,
    problem ?? process.versions.node,
    'install Node 22 or 24, https://nodejs.org',
  );
}

/** @param {NodeJS.ProcessEnv} env */
async function npm(env) {
  const { code, stdout } = await run('npm', ['--version'], { env });
  return found('npm', code === 0, stdout.trim() || 'not found', 'it comes with Node');
}

/** @param {NodeJS.ProcessEnv} env */
async function docker(env) {
  const ask = (/** @type {readonly string[]} */ args) =>
    run('docker', args, { env, timeoutMs: 10_000 });
  const [info, compose] = await Promise.all([
    ask(['info', '--format', '{{.ServerVersion}}']),
    ask(['compose', 'version', '--short']),
  ]);
  const optional = 'optional where local processes can run';
  return [
    ...found(
      'Docker',
      info.code === 0,
      info.code === 0
        ? `engine ${info.stdout.trim()}`
        : `no engine answers docker info (${optional})`,
      'start Docker, or install it: https://docs.docker.com/engine/install',
    ),
    ...found(
      'compose',
      compose.code === 0,
      compose.code === 0 ? compose.stdout.trim() : `no docker compose (${optional})`,
      'install the plugin docker-compose-plugin',
    ),
  ];
}

/** @param {NodeJS.ProcessEnv} env */
async function java(env) {
  const it = await findJava(env);
  const isOk = it !== undefined && it.major >= JAVA_FLOOR;
  const text = it
    ? `${it.version}${isOk ? '' : `, Kafka needs ${JAVA_FLOOR}`}`
    : `not found; Kafka as a local process needs ${JAVA_FLOOR}`;
  return found(
    'Java',
    isOk,
    text,
    'apt-get install openjdk-17-jre-headless, or brew install openjdk@17, or set JAVA_HOME',
  );
}

/** @param {NodeJS.ProcessEnv} env */
async function maven(env) {
  const command = onPath('mvn', env);
  const isNeeded = !hasKafkaJars(kafkaVersion(env), env);
  const text = command
    ? 'on PATH'
    : isNeeded
      ? 'not found; it fetches Kafka'
      : 'not found, and not needed: Kafka is in the cache';
  return found(
    'Maven',
    Boolean(command) || !isNeeded,
    text,
    'apt-get install maven, or brew install maven',
  );
}

/** @param {NodeJS.ProcessEnv} env */
async function jars(env) {
  const version = kafkaVersion(env);
  return found(
    'Kafka',
    true,
    hasKafkaJars(version, env)
      ? `${version} is in the cache`
      : `${version} will be fetched at the first start`,
  );
}

/** @param {NodeJS.ProcessEnv} env */
async function database(env) {
  const python = await findPython(env);
  const other = ['mongod', 'secantusd-rs'].find((name) => onPath(name, env));
  const pythonText = python ? python.version : 'no Python 3.10 to 3.13 with venv';
  const stands = hasSecantus(env) ? 'is in the cache' : 'will be installed at the first start';
  const text = other
    ? `${other} on PATH`
    : `SecantusDB ${secantusVersion(env)} ${python || hasSecantus(env) ? stands : 'cannot be installed'}`;
  const isOk = Boolean(other || python || hasSecantus(env));
  return [
    ...found(
      'Python',
      python !== undefined || isOk,
      pythonText,
      'apt-get install python3-venv, or brew install python@3.13',
    ),
    ...found('database', isOk, text, 'install Python, or put mongod on PATH, or set MONGODB_URI'),
  ];
}

/** A taken port is no obstacle: another one is chosen and printed. @param {NodeJS.ProcessEnv} env */
async function ports(env) {
  const status = await enginesStatus({ env }).catch(() => undefined);
  const ours = `${status?.kafkaBrokers ?? ''} ${status?.mongoUri ?? ''}`;
  const uses = /** @type {const} */ ([
    [8000, 'producer'],
    [8001, 'processor'],
    [9092, 'Kafka'],
    [27017, 'database'],
  ]);
  const lines = uses.map(async ([port, use]) => {
    const isOk = (await isPortFree(port)) || ours.includes(`:${port}`);
    const text = ours.includes(`:${port}`)
      ? `${use}, running`
      : `${use}, ${isOk ? 'free' : 'taken: another one will be chosen'}`;
    return found(String(port), isOk, text, `find its owner: lsof -i :${port}`);
  });
  return (await Promise.all(lines)).flat();
}

/** @param {string} name @param {boolean} isOk @param {string} text @param {string} [fix] @returns {Finding[]} */
const found = (name, isOk, text, fix) => [{ name, isOk, text, fix }];

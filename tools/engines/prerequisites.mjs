// @ts-check
import { hasSecantus } from './database-server.mjs';
import { JAVA_FLOOR, findJava } from './java.mjs';
import { hasKafkaJars, kafkaVersion } from './kafka-jars.mjs';
import { findPython } from './python.mjs';
import { onPath, run } from './run.mjs';

/**
 * Looks at this machine: what each kind of engines still needs.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {import('./choose-kind.mjs').KindProbes}
 */
export const machineProbes = (env = process.env) => ({
  docker: () => missingForDocker(env),
  localKafka: () => missingForLocalKafka(env),
  localDatabase: () => missingForLocalDatabase(env),
});

/** Both must answer: a client without an engine, or without compose, is common. @param {NodeJS.ProcessEnv} env */
async function missingForDocker(env) {
  if (!onPath('docker', env)) return ['docker is not on PATH'];
  const ask = (/** @type {string[]} */ args) => run('docker', args, { env, timeoutMs: 10_000 });
  const [info, compose] = await Promise.all([ask(['info']), ask(['compose', 'version'])]);
  return [
    ...(info.code === 0 ? [] : ['docker info fails: no Docker engine runs']),
    ...(compose.code === 0 ? [] : ['docker compose version fails: the compose plugin is missing']),
  ];
}

/** @param {NodeJS.ProcessEnv} env */
async function missingForLocalKafka(env) {
  const java = await findJava(env);
  return [
    ...(java && java.major >= JAVA_FLOOR
      ? []
      : [
          `Java ${JAVA_FLOOR} or newer for Kafka (${java ? `found ${java.version}` : 'none found'})`,
        ]),
    ...(hasKafkaJars(kafkaVersion(env), env) || onPath('mvn', env)
      ? []
      : ['Maven, to fetch Kafka']),
  ];
}

/** @param {NodeJS.ProcessEnv} env */
async function missingForLocalDatabase(env) {
  if (onPath('mongod', env) || onPath('secantusd-rs', env) || hasSecantus(env)) return [];
  return (await findPython(env))
    ? []
    : ['mongod, or Python 3.10 to 3.13 with venv, for the database'];
}

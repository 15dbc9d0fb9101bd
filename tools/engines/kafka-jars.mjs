// @ts-check
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verifyJars } from './checksums.mjs';
import { EngineError } from './engine-error.mjs';
import { withLock } from './lock.mjs';
import { cacheDir } from './paths.mjs';
import { onPath, run } from './run.mjs';
import { step } from './steps.mjs';

/** The Kafka version of every engine, in one place; KAFKA_VERSION overrides it for the version matrix. */
export const KAFKA_VERSION = '4.3.1';

const POM = fileURLToPath(new URL('./pom.xml', import.meta.url));

/** @param {NodeJS.ProcessEnv} [env] */
export const kafkaVersion = (env = process.env) => env.KAFKA_VERSION || KAFKA_VERSION;

/** @param {string} version @param {NodeJS.ProcessEnv} [env] */
export const kafkaJarsDir = (version, env = process.env) =>
  join(cacheDir(env), 'kafka-jars', version);

/** @param {string} version @param {NodeJS.ProcessEnv} [env] */
export const hasKafkaJars = (version, env = process.env) =>
  existsSync(join(kafkaJarsDir(version, env), `kafka_2.13-${version}.jar`));

/**
 * Provides the broker's jars, from the cache of this machine or by Maven (whose own mirrors and proxies apply).
 *
 * Jars of a version with a committed list are verified each time; a folder appears in the cache only when it is whole.
 *
 * @param {{ version?: string, env?: NodeJS.ProcessEnv, print?: (line: string) => void }} [options]
 * @returns {Promise<string>} their folder.
 * @throws {EngineError} when Maven fails or a checksum differs.
 */
export async function provideKafkaJars({
  env = process.env,
  version = kafkaVersion(env),
  print = () => {},
} = {}) {
  const folder = kafkaJarsDir(version, env);
  if (!hasKafkaJars(version, env)) {
    await withLock(`${folder}.lock`, async () => {
      if (!hasKafkaJars(version, env))
        await step(print, 'jars', () => fetchJars(folder, version, env), String);
    });
  }
  const list = fileURLToPath(new URL(`./kafka-${version}-jars.sha256`, import.meta.url));
  if (existsSync(list)) verifyJars(folder, list);
  return folder;
}

/**
 * Lists the jars in a fixed order: the archive of a training run fits one class path only.
 *
 * @param {string} folder
 */
export const classPath = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(folder, name))
    .join(delimiter);

/** @param {string} folder @param {string} version @param {NodeJS.ProcessEnv} env */
async function fetchJars(folder, version, env) {
  const aside = `${folder}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  const args = [
    '-B',
    '-q',
    '-ntp',
    '-f',
    POM,
    `-Dkafka.version=${version}`,
    'dependency:copy-dependencies',
  ];
  const result = await run(onPath('mvn', env) ?? 'mvn', [...args, `-DoutputDirectory=${aside}`], {
    env,
  });
  if (result.code !== 0) {
    rmSync(aside, { recursive: true, force: true });
    throw new EngineError(`cannot fetch Apache Kafka ${version} with Maven`, {
      cause: (result.stdout + result.stderr).trim().split('\n').slice(0, 6).join('\n'),
      fix: `mvn -f tools/engines/pom.xml -Dkafka.version=${version} dependency:copy-dependencies -DoutputDirectory=jars`,
    });
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(aside, folder);
  return `fetched ${readdirSync(folder).length} jars of Apache Kafka ${version} with Maven`;
}

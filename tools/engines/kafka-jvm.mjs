// @ts-check
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from './engine-error.mjs';
import { JAVA_FLOOR, findJava } from './java.mjs';
import { classPath, kafkaVersion, provideKafkaJars } from './kafka-jars.mjs';
import { withLock } from './lock.mjs';
import { step } from './steps.mjs';

/**
 * What is needed to start a broker process: the program, its jars, the archive of its classes.
 *
 * @typedef {{ java: string, classPath: string, archive: string, version: string }} KafkaRuntime
 */

/**
 * Provides Java, jars and the class archive; the archive halves the start and is trained once per machine.
 *
 * @param {{ env?: NodeJS.ProcessEnv, print?: (line: string) => void, train: (runtime: KafkaRuntime, dir: string) => Promise<void> }} options - `train` starts and stops one broker.
 * @returns {Promise<KafkaRuntime>}
 */
export async function provideKafkaRuntime({ env = process.env, print = () => {}, train }) {
  const [java, folder] = await Promise.all([requireJava(env), provideKafkaJars({ env, print })]);
  const archive = join(folder, `broker-java-${java.version}.jsa`);
  const runtime = {
    java: java.command,
    classPath: classPath(folder),
    archive,
    version: kafkaVersion(env),
  };
  if (existsSync(archive)) return runtime;
  await withLock(`${archive}.lock`, async () => {
    if (!existsSync(archive))
      await step(print, 'archive', () => trainArchive(runtime, train), String);
  });
  return runtime;
}

/**
 * Builds the JVM's arguments up to the main class.
 *
 * @param {KafkaRuntime} runtime
 * @param {{ dir: string, heap?: string, record?: boolean }} options - `record` writes the archive at exit instead of reading it; `heap` default 512m.
 */
export function jvmArguments({ classPath: jars, archive }, { dir, heap = '512m', record = false }) {
  const scratch = join(dir, 'tmp');
  mkdirSync(scratch, { recursive: true });
  return [
    ...['-Xms64m', `-Xmx${heap}`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    ...(record ? [`-XX:ArchiveClassesAtExit=${archive}`] : archiveArguments(archive)),
    ...['-XX:+ExitOnOutOfMemoryError', '-Djava.awt.headless=true', `-Djava.io.tmpdir=${scratch}`],
    ...[
      'defaultLogLevel=warn',
      'showDateTime=true',
      'dateTimeFormat=HH:mm:ss.SSS',
      'log.kafka.server.KafkaRaftServer=info',
    ].map((setting) => `-Dorg.slf4j.simpleLogger.${setting}`),
    ...['-cp', jars],
  ];
}

/** @param {string} archive */
const archiveArguments = (archive) =>
  existsSync(archive)
    ? [`-XX:SharedArchiveFile=${archive}`, '-Xshare:auto', '-Xlog:cds=off', '-Xlog:cds+dynamic=off']
    : [];

/** @param {NodeJS.ProcessEnv} env */
async function requireJava(env) {
  const java = await findJava(env);
  if (java && java.major >= JAVA_FLOOR) return java;
  throw new EngineError(
    `Java ${JAVA_FLOOR} or newer is needed for Kafka, ${java ? `this is ${java.version}` : 'none was found'}`,
    {
      fix: `install it (Debian: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17) or set JAVA_HOME`,
    },
  );
}

/** @param {KafkaRuntime} runtime @param {(runtime: KafkaRuntime, dir: string) => Promise<void>} train */
async function trainArchive(runtime, train) {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-training-'));
  const aside = `${runtime.archive}.${process.pid}`;
  try {
    await train({ ...runtime, archive: aside }, dir);
    if (!existsSync(aside))
      return 'this Java writes no class archive; brokers start a little slower';
    renameSync(aside, runtime.archive);
    return 'class archive written by one training run';
  } finally {
    rmSync(dir, { recursive: true, force: true });
    rmSync(aside, { force: true });
  }
}

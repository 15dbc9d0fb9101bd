// @ts-check
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderEngineError } from '../engines/engine-error.mjs';
import { enginesDown, enginesUp } from '../engines/engines.mjs';
import { DEFAULT_ENGINES_DIR } from '../engines/paths.mjs';
import { TARGETS, build } from './build.mjs';
import { CHECKS } from './checks.mjs';
import { installDependencies } from './install.mjs';
import { PARTS, runParts } from './parts.mjs';
import { listenForStop } from './stop-signal.mjs';

const USAGE = `usage: npm test -- [--only PART[,PART...]] [-- JEST ARGUMENTS]

  PART is one of ${PARTS.join(', ')}, or check (${CHECKS.join(', ')}, layout).
  The last line is one JSON object: passed, failed, skipped, suites, seconds.`;

/** Beside those of `npm start`, with ports of their own: neither disturbs the other. */
const TEST_ENGINES_DIR = join(DEFAULT_ENGINES_DIR, 'test');
const INTERRUPTED = 130;

/**
 * Installs, checks, and runs the suites; ends the engines that it started.
 *
 * @param {readonly string[]} argv
 * @param {{ print?: (line: string) => void, exit?: (code: number) => void }} [options]
 * @returns {Promise<number>} the exit code: 0 only if something ran and nothing failed.
 */
export async function test(argv, { print = console.log, exit = process.exit } = {}) {
  const choice = readChoice(argv);
  if (typeof choice === 'string') {
    console.error(`${choice}\n\n${USAGE}`);
    return 2;
  }
  const stop = listenForStop({ insist: () => exit(1) });
  try {
    await installDependencies({ print });
    const totals = await runParts(choice.names, {
      ...{ print, signal: stop.signal, jestArguments: choice.jestArguments },
      prepareEngines: () => prepareEngines(print),
    });
    await enginesDown({ dir: TEST_ENGINES_DIR, owned: true, print });
    print(JSON.stringify(totals));
    return totals.failed === 0 && totals.passed > 0 ? 0 : 1;
  } catch (error) {
    await enginesDown({ dir: TEST_ENGINES_DIR, owned: true, print });
    if (stop.name()) return INTERRUPTED;
    console.error(renderEngineError(error));
    return 1;
  } finally {
    stop.release();
  }
}

/** @param {readonly string[]} argv @returns {{ names: readonly string[], jestArguments: readonly string[] } | string} */
function readChoice(argv) {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { only: { type: 'string', multiple: true } },
      allowPositionals: true,
    });
    const asked = (values.only ?? []).flatMap((text) => text.split(','));
    const names = asked.flatMap((name) => (name === 'check' ? [...CHECKS, 'layout'] : [name]));
    const unknown = names.filter((name) => !PARTS.includes(name));
    if (unknown.length > 0) return `no part is called ${unknown.join(', ')}`;
    return { names: names.length > 0 ? names : PARTS, jestArguments: positionals };
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
}

/**
 * The suites get the servers by name, and the folder for faults: `npm run engines -- stop-broker --dir=$ENGINES_DIR`.
 *
 * @param {(line: string) => void} print
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
async function prepareEngines(print) {
  await build([TARGETS.producer, TARGETS.processor], { print });
  const engines = await enginesUp({ dir: TEST_ENGINES_DIR, owned: true, print });
  return {
    ...process.env,
    KAFKA_BROKERS: engines.kafkaBrokers,
    MONGODB_URI: engines.mongoUri,
    MONGODB_CAPABILITIES: engines.capabilities.join(','),
    ENGINES_DIR: TEST_ENGINES_DIR,
  };
}

// @ts-check
import { renderEngineError } from '../engines/engine-error.mjs';
import { enginesDown, enginesUp } from '../engines/engines.mjs';
import { USAGE, readFlags } from '../start/flags.mjs';
import { TARGETS, build } from './build.mjs';
import { installDependencies } from './install.mjs';
import { listenForStop } from './stop-signal.mjs';

const INTERRUPTED = 130;

/**
 * Installs, builds, brings the engines up and runs the main job; ends what it started.
 *
 * @param {readonly string[]} argv - flags of `npm start -- ...`.
 * @param {{ print?: (line: string) => void, exit?: (code: number) => void }} [options]
 * @returns {Promise<number>} the exit code: 0 drained, 1 failed, 2 wrong flags, 130 interrupted before the job was done.
 */
export async function start(argv, { print = console.log, exit = process.exit } = {}) {
  const flags = readFlags(argv);
  if (typeof flags === 'string') return usage(flags);
  const stop = listenForStop({ insist: () => exit(1) });
  try {
    const outcome = await mainJob(flags, stop, print);
    await enginesDown({ owned: true, print });
    // A suite that reads the output finds its figures on the last line.
    if (flags.once && outcome.figures) print(JSON.stringify(outcome.figures));
    return outcome.exitCode;
  } catch (error) {
    await enginesDown({ owned: true, print });
    if (stop.name()) return INTERRUPTED;
    console.error(renderEngineError(error));
    return 1;
  } finally {
    stop.release();
  }
}

/** @param {string} complaint - empty when help was asked for. */
function usage(complaint) {
  if (complaint === '') console.log(USAGE);
  else console.error(`${complaint}\n\n${USAGE}`);
  return complaint === '' ? 0 : 2;
}

/** @param {import('../start/flags.mjs').StartFlags} flags @param {import('./stop-signal.mjs').StopRequest} stop @param {(line: string) => void} print */
async function mainJob(flags, stop, print) {
  await installDependencies({ print });
  stop.signal.throwIfAborted();
  if (flags.inMemory) {
    await build([TARGETS.tools], { print });
    const { runInMemory } = await import('../start/main.mjs');
    return runInMemory({ flags, stop, print });
  }
  const [engines] = await Promise.all([
    enginesUp({ owned: true, engines: flags.engines, print }),
    build([TARGETS.producer, TARGETS.processor], { print }),
  ]);
  stop.signal.throwIfAborted();
  const { runStart } = await import('../start/main.mjs');
  return runStart({ flags, engines, stop, print });
}

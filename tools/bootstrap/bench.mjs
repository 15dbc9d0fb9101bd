// @ts-check
// `npm run bench`: what the framework costs beside a hand-written loop, on a real broker.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { renderEngineError } from '../engines/engine-error.mjs';
import { enginesDown, enginesUp } from '../engines/engines.mjs';
import { DEFAULT_ENGINES_DIR, PROJECT_ROOT } from '../engines/paths.mjs';
import { ALIASES, TARGETS, build } from './build.mjs';
import { installDependencies } from './install.mjs';
import { formatReports } from './scenario-run.mjs';

/** Beside those of `npm start` and `npm test`, so that no other load is in the figures. */
const BENCH_ENGINES_DIR = join(DEFAULT_ENGINES_DIR, 'bench');
/** Steps are for people: with `-o json` standard output holds nothing but the figures. */
const print = (/** @type {string} */ line) => console.error(line);

try {
  await installDependencies({ print });
  await build([TARGETS.tools], { print });
  const engines = await enginesUp({ dir: BENCH_ENGINES_DIR, owned: true, print });
  const child = spawn(
    process.execPath,
    ['-r', `./${ALIASES}`, TARGETS.tools.entry, ...process.argv.slice(2)],
    {
      cwd: PROJECT_ROOT,
      env: { ...process.env, KAFKA_BROKERS: engines.kafkaBrokers },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  // So that the engines are stopped too; from a terminal Ctrl-C reaches the child by itself.
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  // Prints nothing: the figures stay the last line.
  if (process.argv.includes('--full')) await formatReports(join(PROJECT_ROOT, 'docs', 'reports'));
  process.exitCode = code ?? 1;
} catch (error) {
  console.error(renderEngineError(error));
  process.exitCode = 1;
} finally {
  await enginesDown({ dir: BENCH_ENGINES_DIR, owned: true, print });
}

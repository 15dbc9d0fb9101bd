// @ts-check
// `npm run test:steering`: what operators do to a running system, on servers of its own. Steps go to
// standard error; the last line of standard output is one JSON object.
import { TARGETS } from './build.mjs';
import { figuresCommand } from './figures-command.mjs';

const USAGE = `usage: npm run test:steering -- [--short] [--seed N] [--only NAME]

  --short      the form of npm test: fewer records, no report pages
  --seed N     repeats the random choices of a run; default: a new one, which is printed
  --only NAME  spec files whose path has this text; default: all

Without --short scenarios write docs/reports/<name>.md.
Exit code: 0 = ok, 1 = wrong. The last line is one JSON object.`;

/** The applications too: they are what the command line is tried on. */
const targets = [TARGETS.tools, TARGETS.producer, TARGETS.processor];

await figuresCommand({ project: 'steering', usage: USAGE, targets });

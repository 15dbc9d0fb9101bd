// @ts-check
// `npm run test:security`: what strangers, wrong certificates and exchanged ones do to it, on servers of its own. Steps go to
// standard error; the last line of standard output is one JSON object.
import { TARGETS } from './build.mjs';
import { figuresCommand } from './figures-command.mjs';

const USAGE = `usage: npm run test:security -- [--short] [--seed N] [--only NAME]

  --short      the form of npm test: shorter drills, no report pages
  --seed N     repeats the random choices of a run; default: a new one, which is printed
  --only NAME  spec files whose path has this text; default: all

Without --short scenarios write docs/reports/<name>.md.
Exit code: 0 = ok, 1 = wrong. The last line is one JSON object.`;

const targets = [TARGETS.producer, TARGETS.processor];

await figuresCommand({ project: 'security', usage: USAGE, targets });

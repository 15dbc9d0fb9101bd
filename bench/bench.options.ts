import { parseArgs } from 'node:util';
import type { Gate } from './gate';
import { GATES } from './gates';

/** What one run does. */
export interface BenchOptions {
  readonly gates: readonly Gate[];
  readonly rounds: number;
  /** Of a batch case; unit records. */
  readonly records: number;
  readonly seed: number;
  /** Nothing but the JSON on standard output. */
  readonly isQuiet: boolean;
  /** Writes docs/reports/bench.md. */
  readonly writesPage: boolean;
}

const QUICK_ROUNDS = 5;
const FULL_ROUNDS = 7;
/** Below it a case is over before its code is warm. */
const MIN_RECORDS = 20_000;

/** @throws Error that names the option that is wrong. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      full: { type: 'boolean', default: false },
      only: { type: 'string' },
      output: { type: 'string', short: 'o', default: 'text' },
      rounds: { type: 'string' },
      records: { type: 'string', default: '200000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const { full, only, output } = values;
  if (output !== 'text' && output !== 'json') throw new Error('-o is text or json');
  const rounds = full ? FULL_ROUNDS : QUICK_ROUNDS;
  return {
    gates: only === undefined ? gatesOf(full) : gatesNamed(only.split(',')),
    rounds: values.rounds === undefined ? rounds : count('rounds', values.rounds, 1),
    records: count('records', values.records, MIN_RECORDS),
    seed: count('seed', values.seed, 0),
    isQuiet: output === 'json',
    writesPage: full && only === undefined,
  };
}

function gatesOf(isFull: boolean): readonly Gate[] {
  return GATES.filter(({ set }) => isFull || set === 'quick');
}

function gatesNamed(names: readonly string[]): readonly Gate[] {
  return names.map((name) => {
    const gate = GATES.find((candidate) => candidate.name === name);
    if (gate !== undefined) return gate;
    const known = GATES.map((candidate) => candidate.name).join(', ');
    throw new Error(`--only knows ${known}; not ${name}`);
  });
}

function count(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${name} is a whole number from ${least}`);
}

import type { Command } from 'commander';
import type { DeadLetterFilter } from 'millrace/operations';
import type { DeadLetterReason } from 'millrace/pipeline';
import type { Cli } from '../cli';
import { CliUsageError } from '../cli.errors';
import { parseCount, parseOffset } from '../input/numbers';
import { parseTime, quoted } from '../input/time';
import { pipelineLib } from '../lazy';
import { collect } from '../program.options';

/** Options that choose dead letters. */
export interface FilterOptions {
  readonly topic?: string;
  readonly group?: string;
  readonly since?: string;
  readonly until?: string;
  readonly filter?: readonly string[];
}

/** Names of `--filter name=value`; closed set. */
export const FILTER_NAMES = [
  'topic',
  'reason',
  'code',
  'group',
  'key',
  'contract',
  'since',
  'until',
  'partition',
  'from-offset',
  'to-offset',
  'parked',
] as const;
export type FilterName = (typeof FILTER_NAMES)[number];

/** Adds the options that choose dead letters. */
export function filtering(command: Command): Command {
  return command
    .option('--topic <topic>', 'of this source topic')
    .option('--group <group>', 'of this consumer group')
    .option('--since <time>', 'failed at or after: 2026-01-31T08:00:00Z, or 15m, 2h, 1d ago')
    .option('--until <time>', 'failed before')
    .option(
      '--filter <name=value>',
      `one more: ${FILTER_NAMES.join(', ')}; may be repeated`,
      collect,
    );
}

/** Reads the options. @throws {CliUsageError} CLI_USAGE when a name or a value makes no sense. */
export function filterOf(cli: Cli, options: FilterOptions): DeadLetterFilter {
  const given = new Map<FilterName, string>();
  const add = (name: FilterName, value: string | undefined) => {
    if (value === undefined) return;
    if (given.has(name)) throw new CliUsageError({ message: `the filter ${name} is given twice` });
    given.set(name, value);
  };
  for (const pair of options.filter ?? []) add(...pairOf(pair));
  add('topic', options.topic);
  add('group', options.group);
  add('since', options.since);
  add('until', options.until);
  const parts = [...given].map(([name, value]) => partOf(cli, name, value));
  const filter = parts.reduce<DeadLetterFilter>((all, part) => ({ ...all, ...part }), {});
  const offsets = parts.reduce<NonNullable<DeadLetterFilter['offsets']>>(
    (all, part) => ({ ...all, ...part.offsets }),
    {},
  );
  return filter.offsets === undefined ? filter : { ...filter, offsets };
}

function pairOf(pair: string): [FilterName, string] {
  const [, name, value] = /^([a-z-]+)=(.+)$/s.exec(pair) ?? [];
  const known = FILTER_NAMES.find((each) => each === name);
  if (known !== undefined && value !== undefined) return [known, value];
  throw new CliUsageError({
    message: `--filter does not know ${quoted(pair)}`,
    fix: `give name=value; names: ${FILTER_NAMES.join(', ')}`,
  });
}

function partOf(cli: Cli, name: FilterName, value: string): DeadLetterFilter {
  const now = cli.edge.clock.now();
  switch (name) {
    case 'topic':
    case 'key':
    case 'contract':
      return { [name]: value };
    case 'group':
      return { groupId: value };
    case 'code':
      return { errorCode: value };
    case 'reason':
      return { reason: reasonOf(value) };
    case 'since':
    case 'until':
      return { [name]: parseTime(`--${name}`, value, now) };
    case 'partition':
      return { partition: parseCount('the filter partition', value) };
    case 'from-offset':
      return { offsets: { from: parseOffset('the filter from-offset', value) } };
    case 'to-offset':
      return { offsets: { to: parseOffset('the filter to-offset', value) } };
    case 'parked':
      return { parked: parkedOf(value) };
    default:
      return name satisfies never;
  }
}

function reasonOf(value: string): DeadLetterReason {
  const reasons = pipelineLib().DEAD_LETTER_REASONS;
  const known = reasons.find((reason) => reason === value);
  if (known !== undefined) return known;
  throw new CliUsageError({
    message: `there is no reason ${quoted(value)}`,
    fix: `take one of: ${reasons.join(', ')}`,
  });
}

function parkedOf(value: string): 'only' | 'without' {
  if (value === 'only' || value === 'without') return value;
  throw new CliUsageError({
    message: `the filter parked is "only" or "without", not ${quoted(value)}`,
  });
}

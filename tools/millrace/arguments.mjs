// @ts-check
import { parseArgs } from 'node:util';

export const USAGE = `usage: npm run millrace -- VERB [flags]

  pauses            what is paused and which groups have stopped themselves
  pause             paused partitions are not read until they are resumed; needs --group, --reason
  resume            takes back a pause of exactly this target, and, without --topic, lets a group go on
                    that has stopped itself; needs --group, --reason

  --group=GROUP     consumer group, exactly as written in the code
  --topic=TOPIC     one topic of the group; default: all
  --partition=N     one partition of the topic; default: all
  --reason=TEXT     kept with the change
  --by=NAME         who changes it; default: the user of this shell

It writes to the database of MONGODB_URI and MONGODB_DATABASE; the services follow within seconds.
The last line is one JSON object. Exit code 0: done; 1: not done; 2: wrong usage.`;

const FLAGS = /** @type {const} */ ({
  group: { type: 'string' },
  topic: { type: 'string' },
  partition: { type: 'string' },
  reason: { type: 'string' },
  by: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
});

/** @typedef {{ groupId: string, topic?: string, partition?: number }} Target */
/** @typedef {{ verb: 'help' | 'pauses' } | { verb: 'pause' | 'resume', target: Target, audit: { by: string, reason: string } }} Command */

/**
 * Reads the arguments of the command.
 *
 * @param {string[]} argv
 * @param {string} user - who it is when `--by` is not given.
 * @returns {Command}
 * @throws {TypeError} when they are wrong; the message says what.
 */
export function readArguments(argv, user) {
  const { values, positionals } = parseArgs({ args: argv, options: FLAGS, allowPositionals: true });
  const [verb, ...more] = positionals;
  if (values.help) return { verb: 'help' };
  if (verb === undefined) throw new TypeError('a verb is missing');
  if (more.length > 0) throw new TypeError(`one verb is enough: ${more.join(' ')}`);
  if (verb === 'pauses') return { verb };
  if (verb !== 'pause' && verb !== 'resume') throw new TypeError(`unknown verb ${verb}`);
  const reason = textOf('--reason', values.reason);
  return { verb, target: targetOf(values), audit: { by: values.by?.trim() || user, reason } };
}

/** @param {{ group?: string, topic?: string, partition?: string }} flags @returns {Target} */
function targetOf({ group, topic, partition }) {
  const groupId = textOf('--group', group);
  if (topic === undefined && partition !== undefined) {
    throw new TypeError('--partition needs --topic');
  }
  if (partition !== undefined && !/^\d{1,9}$/.test(partition)) {
    throw new TypeError(`--partition is a number from 0 on, not ${partition}`);
  }
  return {
    groupId,
    ...(topic === undefined ? {} : { topic: textOf('--topic', topic) }),
    ...(partition === undefined ? {} : { partition: Number(partition) }),
  };
}

/** @param {string} flag @param {string | undefined} value */
function textOf(flag, value) {
  const text = value?.trim() ?? '';
  if (text === '') throw new TypeError(`${flag} is missing`);
  return text;
}

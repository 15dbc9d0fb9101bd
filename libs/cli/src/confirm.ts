import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Actor } from 'millrace/pipeline';
import type { Cli } from './cli';
import {
  CliConfirmationDifferentError,
  CliConfirmationMissingError,
  CliUsageError,
} from './cli.errors';
import { plainText } from './output/text';

/** Options of every verb that writes. */
export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly reason?: string;
  readonly by?: string;
}

/** Who does it and why, for the audit. @throws {CliUsageError} CLI_USAGE without a reason. */
export function actorOf(cli: Cli, { reason, by }: WriteOptions): Actor {
  const text = reason?.trim() ?? '';
  if (text === '') {
    throw new CliUsageError({
      message: '--reason is missing',
      likelyCause: 'the change is kept in the audit, with who did it and why',
      fix: 'add --reason "why"',
    });
  }
  const name = by?.trim() ?? '';
  return { by: name === '' ? cli.edge.user() : name, reason: text };
}

/**
 * Lets a change go on: everywhere but in production at once; in production when `--yes --reason` are
 * given, or when a person types the name of the pipeline on a terminal.
 *
 * @throws {CliConfirmationMissingError} CLI_CONFIRMATION_MISSING
 * @throws {CliConfirmationDifferentError} CLI_CONFIRMATION_DIFFERENT
 */
export async function confirm(
  cli: Cli,
  options: WriteOptions,
  change: { readonly pipeline: string; readonly what: string },
): Promise<void> {
  if (!cli.isProduction()) return;
  if (options.yes === true && (options.reason?.trim() ?? '') !== '') return;
  const { stdin, stderr } = cli.edge;
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw new CliConfirmationMissingError({ message: `${change.what}: nobody confirmed it` });
  }
  const name = plainText(change.pipeline);
  const typed = await ask(cli, `production: ${plainText(change.what)}\ntype ${name} to go on: `);
  if (typed.trim() !== change.pipeline) throw new CliConfirmationDifferentError();
}

/** @returns '' when the input ends without an answer. */
async function ask(cli: Cli, question: string): Promise<string> {
  const { stdin, stderr, signal } = cli.edge;
  const lines = createInterface({ input: stdin, output: stderr, terminal: false });
  const ended = once(lines, 'close', { signal }).then(() => '');
  try {
    return await Promise.race([lines.question(question, { signal }), ended]);
  } finally {
    lines.close();
  }
}

/** The pipeline of a topic: the first part of the name of its contract; else the topic. */
export function pipelineOfTopic(cli: Cli, topic: string): string {
  const contract = cli.project?.contracts.find((known) => known.topic === topic);
  return contract?.name.split('.', 1)[0] ?? topic;
}

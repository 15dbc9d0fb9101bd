import { CliUsageError } from '../cli.errors';
import { quoted } from './time';

/** One place in a log. */
export interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

const POSITION = /^([a-zA-Z0-9._-]{1,249})\/(\d{1,9})\/(\d{1,19})$/;

/** Reads `<topic>/<partition>/<offset>`, as `dead-letters ls` prints it. @throws {CliUsageError} CLI_USAGE */
export function parsePosition(text: string): Position {
  const [, topic, partition, offset] = POSITION.exec(text) ?? [];
  if (topic !== undefined && partition !== undefined && offset !== undefined) {
    return { topic, partition: Number(partition), offset: BigInt(offset) };
  }
  throw new CliUsageError({
    message: `${quoted(text)} is no position of a record`,
    fix: 'give <topic>/<partition>/<offset>, as dead-letters ls prints it',
  });
}

/** The same text back. */
export function positionText({ topic, partition, offset }: Position): string {
  return `${topic}/${partition}/${offset}`;
}

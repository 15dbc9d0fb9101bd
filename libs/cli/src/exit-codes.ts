import { MillraceError } from 'millrace/errors';
import type { CliStop } from './edge';

/** How a command ends; closed set. A script may rely on them. */
export const EXIT_CODES = Object.freeze({
  /** Done, or nothing was found that is wrong. */
  ok: 0,
  /** Something was found (`lint`, `contracts check`, refused lines, letters that failed), or the command broke. */
  finding: 1,
  /** Wrong arguments, an unknown name, a configuration that cannot be read. */
  usage: 2,
  /** Kafka or the database does not answer, or does not let us in. */
  connection: 3,
  /** A rule forbids it: production without a confirmation, a redrive limit, a group with members. */
  refused: 4,
  /** Ctrl-C. */
  interrupted: 130,
} as const);
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** What is wrong with the call itself, whatever the servers say. */
const USAGE =
  /^(CLI_(USAGE|PROJECT_\w+|CONTRACT_UNKNOWN|FILE_UNREADABLE)|CONFIG_\w+|\w+_INVALID|\w+_UNKNOWN|\w+_MISSING|\w+_NOT_FOUND)$/;
/** What a rule forbids. */
const REFUSED =
  /^(CLI_CONFIRMATION_\w+|REDRIVE_LIMIT\w*|\w+_(DUPLICATE|REFUSED|FORBIDDEN|OVERLAP\w*|HAS_MEMBERS|NOT_IDEMPOTENT|ACTIVE))$/;
/** Fatal for a service, and for a person at a terminal: the server does not let us in. */
const LOCKED_OUT =
  /^(KAFKA_(AUTH|TLS|API|CLUSTER_AUTH)\w*|MONGO_(UNAUTHORIZED|NOT_WRITABLE)|\w+_AUTHORIZATION)$/;

/** The exit code of an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof MillraceError)) return EXIT_CODES.finding;
  if (error.failure === 'infrastructure' || LOCKED_OUT.test(error.code))
    return EXIT_CODES.connection;
  if (REFUSED.test(error.code)) return EXIT_CODES.refused;
  if (USAGE.test(error.code)) return EXIT_CODES.usage;
  return EXIT_CODES.finding;
}

/** The exit code of a command that was stopped from outside. */
export function exitCodeOfStop(reason: CliStop): ExitCode {
  return reason === 'interrupted' ? EXIT_CODES.interrupted : EXIT_CODES.ok;
}

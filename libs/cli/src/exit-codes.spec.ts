import { CONFIG_ERRORS } from 'millrace/config';
import { CONTRACTS_ERRORS } from 'millrace/contracts';
import { defineError } from 'millrace/errors';
import type { FailureClass, MillraceErrorClass } from 'millrace/errors';
import { KAFKA_ERRORS } from 'millrace/kafka';
import { MONGO_ERRORS } from 'millrace/mongo';
import { OPERATIONS_ERRORS } from 'millrace/operations';
import { PIPELINE_ERRORS } from 'millrace/pipeline';
import { CLI_ERRORS } from './cli.errors';
import { EXIT_CODES, exitCodeOf, exitCodeOfStop } from './exit-codes';

const known: readonly MillraceErrorClass[] = [
  ...[...CLI_ERRORS, ...CONFIG_ERRORS, ...CONTRACTS_ERRORS, ...KAFKA_ERRORS],
  ...[...MONGO_ERRORS, ...OPERATIONS_ERRORS, ...PIPELINE_ERRORS],
];

/** Every code that a command of an operator may end with, by its exit code. */
const TABLE: Readonly<Record<number, readonly string[]>> = {
  [EXIT_CODES.finding]: ['CLI_NOTHING_PAUSED', 'CLI_JOB_OVER', 'CLI_UNEXPECTED'],
  [EXIT_CODES.usage]: [
    ...['CLI_USAGE', 'CLI_PROJECT_MISSING', 'CLI_PROJECT_INVALID', 'CLI_CONTRACT_UNKNOWN'],
    ...['CLI_FILE_UNREADABLE', 'CONFIG_INVALID', 'CONTROL_TARGET_INVALID'],
    ...['CONTROL_REASON_MISSING', 'DEADLETTER_FILTER_INVALID', 'DEADLETTER_NOT_FOUND'],
    ...['REPLAY_TARGET_INVALID', 'REPLAY_WINDOW_INVALID', 'KAFKA_TOPIC_MISSING'],
  ],
  [EXIT_CODES.connection]: [
    ...['KAFKA_UNAVAILABLE', 'KAFKA_TLS', 'SINK_UNAVAILABLE', 'MONGO_UNAUTHORIZED'],
    ...['KAFKA_TOPIC_AUTHORIZATION', 'GROUP_AUTHORIZATION'],
  ],
  [EXIT_CODES.refused]: [
    ...['CLI_CONFIRMATION_MISSING', 'CLI_CONFIRMATION_DIFFERENT', 'REPLAY_OVERLAPS'],
    ...['REPLAY_NOT_IDEMPOTENT', 'REPLAY_GROUP_ACTIVE', 'GROUP_HAS_MEMBERS'],
  ],
};
const rows = Object.entries(TABLE).flatMap(([exit, codes]) =>
  codes.map((code) => [code, Number(exit)] as const),
);

describe('exit codes', () => {
  it.each(rows)('%s ends with %d', (code, exit) => {
    const errorClass = known.find(({ definition }) => definition.code === code);
    expect(errorClass).toBeDefined();
    if (errorClass !== undefined) expect(exitCodeOf(new errorClass())).toBe(exit);
  });

  it('every code of the command line itself is in the table', () => {
    const codes = CLI_ERRORS.map(({ definition }) => definition.code).sort();
    const inTable = rows.map(([code]) => code).filter((code) => code.startsWith('CLI_'));
    expect(inTable.sort()).toEqual(codes);
  });

  it.each([
    ['infrastructure', 3],
    ['retryable', 1],
    ['permanent', 1],
    ['fatal', 1],
  ] as const)('an error of another code with failure %s ends with %d', (failure, exit) => {
    expect(exitCodeOf(anError('SOMETHING_ELSE', failure))).toBe(exit);
  });

  it('a server that does not answer is 3, whatever its code says', () => {
    expect(exitCodeOf(anError('SOMETHING_INVALID', 'infrastructure'))).toBe(3);
  });

  it.each([[new Error('x')], ['text'], [undefined]])('%p ends with 1', (error) => {
    expect(exitCodeOf(error)).toBe(1);
  });

  it('Ctrl-C is 130, a reader that went away is no failure', () => {
    expect([exitCodeOfStop('interrupted'), exitCodeOfStop('output-closed')]).toEqual([130, 0]);
  });

  it('are the documented ones', () => {
    expect(EXIT_CODES).toEqual({
      ...{ ok: 0, finding: 1, usage: 2, connection: 3, refused: 4, interrupted: 130 },
    });
  });
});

function anError(code: string, failure: FailureClass) {
  const definition = { code, failure, summary: 's', likelyCause: 'c', fix: 'f' };
  return new (class extends defineError(definition) {})();
}

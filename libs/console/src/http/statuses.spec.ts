import { ContractSchemaUnknownError } from 'millrace/contracts';
import { OPERATIONS_ERRORS } from 'millrace/operations';
import { ControlTargetInvalidError } from 'millrace/pipeline';
import {
  AdminPortPublicError,
  CONSOLE_ERRORS,
  ConsolePortUnavailableError,
  ConsoleTokenMissingError,
} from '../console.errors';
import { problemAnswer } from './problem';
import { STATUS_OF_CODE } from './statuses';

describe('the status of a code', () => {
  const AT_START: readonly unknown[] = [
    ConsoleTokenMissingError,
    AdminPortPublicError,
    ConsolePortUnavailableError,
  ];
  const answered = [
    ...CONSOLE_ERRORS,
    ...OPERATIONS_ERRORS,
    ControlTargetInvalidError,
    ContractSchemaUnknownError,
  ].filter((error) => !AT_START.includes(error));

  it('is told once for every code of the console and of operations, and for no other', () => {
    const codes = answered.map(({ definition }) => definition.code);
    expect(Object.keys(STATUS_OF_CODE).sort()).toEqual([...new Set(codes)].sort());
  });

  it.each(answered)(
    'of $definition.code is that of the answer, in the form of RFC 9457',
    (error) => {
      const { code, summary } = error.definition;
      const { status, contentType, body } = problemAnswer(new error());
      expect([status, contentType]).toEqual([
        STATUS_OF_CODE[code],
        'application/problem+json; charset=utf-8',
      ]);
      const type = `docs/errors.md#${code.toLowerCase()}`;
      expect(body).toMatchObject({
        type,
        title: summary,
        status,
        code,
        detail: expect.any(String),
      });
    },
  );

  it('is 500 without a word of the cause for what nobody expected', () => {
    const { status, body } = problemAnswer(new Error('canary'));
    expect([status, JSON.stringify(body).includes('canary')]).toEqual([500, false]);
  });
});

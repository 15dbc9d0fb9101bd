import { defineError, problemOf } from 'millrace/errors';

const errorOf = (failure: 'permanent' | 'retryable' | 'infrastructure' | 'fatal') =>
  new (class extends defineError({
    code: 'LAB_SHUT',
    failure,
    summary: 'the lab is shut',
    likelyCause: 'it is night',
    fix: 'come back tomorrow',
  }) {})({
    message: 'lab.internal:4000 is shut',
    facts: { issues: [{ path: 'at', message: '?' }] },
  });

describe('problemOf', () => {
  it('answers 400 with the message and the bad fields when the request is wrong', () => {
    expect(problemOf(errorOf('permanent'))).toEqual({
      status: 400,
      body: {
        code: 'LAB_SHUT',
        message: 'lab.internal:4000 is shut',
        issues: [{ path: 'at', message: '?' }],
        docs: 'docs/errors.md#lab_shut',
      },
    });
  });

  it.each(['retryable', 'infrastructure', 'fatal'] as const)(
    'answers 503 after %s failures, names no host and says when to try again',
    (failure) => {
      expect(problemOf(errorOf(failure))).toMatchObject({
        status: 503,
        body: { message: 'the lab is shut' },
        retryAfterSeconds: 1,
      });
    },
  );

  it('takes another status; only 429 and 503 say when to try again', () => {
    expect(problemOf(errorOf('retryable'), 429)).toMatchObject({
      body: { message: 'lab.internal:4000 is shut' },
      retryAfterSeconds: 1,
    });
    expect(problemOf(errorOf('retryable'), 409)).not.toHaveProperty('retryAfterSeconds');
  });
});

import fc from 'fast-check';
import { defineError, permanent, retryable } from 'millrace/errors';
import { classify } from './classification';
import type { Dependency } from '../ports/dependency';
import { StoreAwayError } from '../fakes/records';
import { DEFAULT_POLICY, DEFAULT_RETRY, policy } from './policy';

class StoreRefusedError extends defineError({
  code: 'SINK_REFUSED',
  failure: 'permanent',
  summary: 'refused',
  likelyCause: 'a test',
  fix: 'nothing',
}) {}

const store: Dependency = {
  name: 'store',
  probe: async () => undefined,
  owns: ({ code }) => code.startsWith('SINK_'),
  translate: (thrown) =>
    thrown instanceof Error && thrown.message === 'ECONNREFUSED' ? new StoreAwayError() : undefined,
};
const verdictOf = (thrown: unknown, onError = DEFAULT_POLICY) => classify(thrown, onError, [store]);
const DEAD_LETTER = { kind: 'dead-letter' };

describe('classify', () => {
  it.each([
    ['a permanent error', permanent('no'), DEAD_LETTER, 'HANDLER_PERMANENT'],
    ['a retryable error', retryable('busy'), DEFAULT_RETRY, 'HANDLER_RETRYABLE'],
    ['an unknown error', new Error('odd'), DEFAULT_RETRY, 'HANDLER_FAILED'],
    ['[P1] a TypeError', new TypeError('x'), DEAD_LETTER, 'HANDLER_PERMANENT'],
    ['[P1] a RangeError', new RangeError('x'), DEAD_LETTER, 'HANDLER_PERMANENT'],
    ['a refusal of a dependency', new StoreRefusedError(), DEAD_LETTER, 'SINK_REFUSED'],
    ['text', 'thrown text', DEFAULT_RETRY, 'HANDLER_FAILED'],
  ])('reacts to %s by policy', (_, thrown, reaction, code) => {
    expect(verdictOf(thrown)).toMatchObject({ kind: 'react', reaction, error: { code } });
  });

  it.each([
    ['a coded error', new StoreAwayError()],
    ['[C4] one that is wrapped', new Error('query failed', { cause: new StoreAwayError() })],
    ['an error of a vendor', new Error('ECONNREFUSED')],
  ])('[ERR-09] waits for its dependency after %s', (_, thrown) => {
    const verdict = { kind: 'wait', dependency: 'store', error: { code: 'SINK_AWAY' } };
    expect(verdictOf(thrown)).toMatchObject(verdict);
  });

  it('waits although nobody owns the error', () => {
    const verdict = classify(new StoreAwayError(), DEFAULT_POLICY, []);
    expect(verdict).toMatchObject({ kind: 'wait', dependency: null });
  });

  it('lets a rule of the user come first', () => {
    const onError = policy()
      .when((error) => error instanceof StoreAwayError)
      .deadLetter();
    expect(verdictOf(new StoreAwayError(), onError)).toMatchObject({ reaction: DEAD_LETTER });
  });

  it('passes over a matcher that fails itself', () => {
    const onError = policy()
      .when((error) => (error as Error).message.startsWith('a'))
      .deadLetter();
    expect(verdictOf(null, onError)).toMatchObject({ kind: 'react', reaction: DEFAULT_RETRY });
  });

  it('[ERR-01] has a verdict for anything that can be thrown', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.string().map((text) => new Error(text)),
        ),
        (thrown) => {
          const verdict = verdictOf(thrown);
          expect(['wait', 'react']).toContain(verdict.kind);
          expect(verdict.error.code).toMatch(/^[A-Z]+_[A-Z_]+$/);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('policy', () => {
  const isA = (error: unknown) => error === 'a';
  const always = () => true;

  it('asks its rules in order; the first match decides', () => {
    const onError = policy()
      .when(isA)
      .deadLetter()
      .when(always)
      .retryInPlace({ maxAttempts: 2 })
      .thenDeadLetter();
    expect(verdictOf('a', onError)).toMatchObject({ reaction: DEAD_LETTER });
    expect(verdictOf('b', onError)).toMatchObject({ reaction: { maxAttempts: 2 } });
  });

  it('answers a new policy at every step', () => {
    const start = policy();
    const refined = start.when(always).deadLetter();
    const closed = refined.otherwise().deadLetter();
    expect([start.rules.length, refined.rules.length, closed.rules.length]).toEqual([0, 1, 1]);
    expect(refined.fallback).toBe(DEFAULT_RETRY);
    expect(closed.fallback).toEqual(DEAD_LETTER);
    expect(DEFAULT_POLICY.rules).toEqual([]);
  });

  it('retries five times in place by default', () => {
    expect(DEFAULT_POLICY.fallback).toMatchObject({ kind: 'retry-in-place', maxAttempts: 5 });
  });
});

import { defineError, permanent, retryable } from 'millrace/errors';
import { StoreAwayError } from '../fakes/records';
import type { Dependency } from '../ports/dependency';
import { classify } from './classification';
import type { ClassificationRow } from './classification.table';
import { CLASSIFICATION } from './classification.table';
import type { Verdict } from './classification';
import { delaysMsOf, policy } from './policy';

class LockedOutError extends defineError({
  code: 'SINK_LOCKED_OUT',
  failure: 'fatal',
  summary: 'locked out',
  likelyCause: 'a test',
  fix: 'nothing',
}) {}

class NamedError extends Error {}

const store: Dependency = {
  name: 'store',
  probe: async () => undefined,
  owns: ({ code }) => code.startsWith('SINK_'),
  translate: (thrown) =>
    thrown instanceof Error && thrown.message === 'ECONNREFUSED' ? new StoreAwayError() : undefined,
};

/** Tells rule and fallback apart by their delays. */
const onError = policy()
  .when((error) => error instanceof NamedError)
  .retryTopic(1)
  .otherwise()
  .retryTopic(2);
const everything = policy()
  .when(() => true)
  .retryTopic(1);

const EXAMPLES: Readonly<Record<ClassificationRow['thrown'], unknown>> = {
  'named-by-a-rule': new NamedError('ours'),
  infrastructure: new Error('query failed', { cause: new StoreAwayError() }),
  fatal: new LockedOutError(),
  'vendor-error-of-a-dependency': new Error('ECONNREFUSED'),
  permanent: permanent('no'),
  retryable: retryable('busy'),
  'built-in-error': new RangeError('Invalid array length'),
  'unknown-error': new Error('odd'),
  'no-error': undefined,
};

function classOf(verdict: Verdict): ClassificationRow['class'] {
  if (verdict.kind === 'wait') return 'wait';
  if (verdict.reaction.kind === 'dead-letter') return 'dead-letter';
  return delaysMsOf(verdict.reaction)[0] === 1 ? 'rule' : 'fallback';
}

describe('the table of classes', () => {
  it.each(CLASSIFICATION)('[ERR-01] $thrown: $class', ({ thrown, class: expected }) => {
    expect(classOf(classify(EXAMPLES[thrown], onError, [store]))).toBe(expected);
  });

  it.each(CLASSIFICATION.filter(({ class: kind }) => kind === 'wait'))(
    '[ERR-01] [RT7] $thrown takes no retry topic, although a rule sends everything there',
    ({ thrown, mayTakeRetryTopic, countsAttempt }) => {
      const verdict = classify(EXAMPLES[thrown], everything, [store]);
      expect([verdict.kind, mayTakeRetryTopic, countsAttempt]).toEqual(['wait', false, false]);
    },
  );
});

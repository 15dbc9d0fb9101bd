import {
  deepestMillraceError,
  defineError,
  FAILURE_CLASSES,
  HandlerFailedError,
  HandlerPermanentError,
  HandlerRetryableError,
  MillraceError,
  permanent,
  renderError,
  retryable,
} from 'millrace/errors';

class TopicMissingError extends defineError({
  code: 'KAFKA_TOPIC_MISSING',
  failure: 'infrastructure',
  summary: 'a topic does not exist',
  likelyCause: 'topics are only verified in production',
  fix: 'create the topic',
}) {}

describe('defineError', () => {
  it('gives every instance the code, the failure class and the name of its class', () => {
    const error = new TopicMissingError();
    expect(error).toMatchObject({
      code: 'KAFKA_TOPIC_MISSING',
      failure: 'infrastructure',
      name: 'TopicMissingError',
      message: 'a topic does not exist',
    });
    expect(error).toBeInstanceOf(MillraceError);
    expect(error).toBeInstanceOf(Error);
  });

  it('keeps the original error as cause and the facts as data', () => {
    const cause = new Error('ECONNREFUSED');
    const error = new TopicMissingError({ message: 'topic "a"', cause, facts: { topic: 'a' } });
    expect([error.cause, error.facts, error.message]).toEqual([cause, { topic: 'a' }, 'topic "a"']);
  });

  it('freezes the entry of the catalogue', () => {
    expect(Object.isFrozen(TopicMissingError.definition)).toBe(true);
  });

  it.each(FAILURE_CLASSES)('says of %s whether the same call may succeed later', (failure) => {
    class SomeError extends defineError({
      code: 'SOURCE_UNAVAILABLE',
      failure,
      summary: '',
      likelyCause: '',
      fix: '',
    }) {}
    const isRetryable = failure === 'retryable' || failure === 'infrastructure';
    expect(new SomeError().retryable).toBe(isRetryable);
  });
});

describe('deepestMillraceError', () => {
  it('finds the innermost coded error of a chain', () => {
    const inner = new TopicMissingError();
    const outer = new HandlerFailedError({ cause: new Error('wrapped', { cause: inner }) });
    expect(deepestMillraceError(outer)).toBe(inner);
  });

  it('finds nothing in errors of others and in values that are no errors', () => {
    expect([deepestMillraceError(new Error('x')), deepestMillraceError('x')]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('ends although the chain of causes is a ring', () => {
    const first = new Error('first');
    const second = new Error('second', { cause: first });
    first.cause = second;
    expect(deepestMillraceError(first)).toBeUndefined();
  });
});

describe('renderError', () => {
  it('shows what, where, cause, next step and docs', () => {
    const error = new TopicMissingError({
      message: 'topic "orders" does not exist',
      where: 'pipeline "orders"',
      fix: 'kafka-topics --create --topic orders',
    });
    expect(renderError(error)).toBe(
      [
        'KAFKA_TOPIC_MISSING  topic "orders" does not exist',
        '  where   pipeline "orders"',
        '  cause   topics are only verified in production',
        '  try     kafka-topics --create --topic orders',
        '  docs    docs/errors.md#kafka_topic_missing',
      ].join('\n'),
    );
  });

  it('shows no stack', () => {
    expect(renderError(new TopicMissingError())).not.toMatch(/\n\s+at /);
  });
});

describe('errors of handlers', () => {
  it('marks a failure as retryable with its reason', () => {
    const error = retryable('the lock is taken');
    expect(error).toBeInstanceOf(HandlerRetryableError);
    expect([error.message, error.retryable]).toEqual(['the lock is taken', true]);
  });

  it('marks a failure as permanent and keeps the error that led to it', () => {
    const cause = new Error('unknown metal');
    const error = permanent(cause);
    expect(error).toBeInstanceOf(HandlerPermanentError);
    expect([error.message, error.cause, error.retryable]).toEqual(['unknown metal', cause, false]);
  });
});

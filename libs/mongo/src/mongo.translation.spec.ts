import { retryable } from 'millrace/errors';
import { MongoNetworkError, MongoServerError } from 'mongodb';
import { Error as MongooseError } from 'mongoose';
import { isMongoError, translateMongoError } from './mongo.translation';

const codeOf = (thrown: unknown) => translateMongoError(thrown)?.code;

describe('translateMongoError', () => {
  it('gives the errors of a single operation their codes', () => {
    const server = (code: number, more: object = {}) =>
      new MongoServerError({ message: 'secret', code, ...more });
    expect(codeOf(server(11000, { keyPattern: { serial: 1 } }))).toBe('SINK_UNIQUE_CONFLICT');
    expect(codeOf(server(121))).toBe('SINK_DOCUMENT_REJECTED');
    expect(codeOf(server(112))).toBe('SINK_WRITE_CONFLICT');
    expect(codeOf(server(13))).toBe('MONGO_UNAUTHORIZED');
    expect(codeOf(server(424242))).toBe('SINK_UNAVAILABLE');
    expect(codeOf(new MongoNetworkError('reset'))).toBe('SINK_UNAVAILABLE');
  });

  it.each(['RetryableWriteError', 'TransientTransactionError'])(
    'calls an error that the driver labels %s infrastructure, whatever its code',
    (label) => {
      const error = new MongoServerError({ message: 'x', code: 112, errorLabels: [label] });
      expect(translateMongoError(error)?.failure).toBe('infrastructure');
    },
  );

  it('knows what mongoose refuses, and names fields without their values', () => {
    const validation = new MongooseError.ValidationError();
    validation.errors['price'] = new MongooseError.ValidatorError({
      path: 'price',
      value: 'canary',
      message: 'canary is no price',
    });
    const error = translateMongoError(validation);
    expect(error?.code).toBe('SINK_DOCUMENT_REJECTED');
    expect(error?.message).toContain('price');
    expect(error?.message).not.toContain('canary');
    expect(error?.cause).toBe(validation);
  });

  it('leaves errors that are not of the database alone', () => {
    expect(translateMongoError(new TypeError('x is undefined'))).toBeUndefined();
    expect(translateMongoError('text')).toBeUndefined();
    expect(translateMongoError(retryable('later'))).toBeUndefined();
  });

  it('recognises the codes of this lib', () => {
    const error = translateMongoError(new MongoNetworkError('reset'));
    expect(error !== undefined && isMongoError(error)).toBe(true);
    expect(isMongoError(retryable('later'))).toBe(false);
  });
});

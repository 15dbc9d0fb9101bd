import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { problemOf } from 'millrace/errors';
import type { MillraceError } from 'millrace/errors';
import { HttpOverloadedError } from './http.errors';
import { requestsInFlight } from './requests-in-flight';

describe('requestsInFlight [S17]', () => {
  const REQUEST = {} as IncomingMessage;
  /** One request through the middleware. @returns its response, and what `next` was called with. */
  const pass = (middleware: ReturnType<typeof requestsInFlight>) => {
    const response = new EventEmitter();
    const next = jest.fn();
    middleware(REQUEST, response as unknown as ServerResponse, next);
    return { response, error: (next.mock.calls as unknown[][])[0]?.[0] };
  };

  it('refuses the request above the limit with 503 and Retry-After', () => {
    const middleware = requestsInFlight(2);
    const errors = [pass(middleware), pass(middleware), pass(middleware)].map(({ error }) => error);
    expect(errors).toEqual([undefined, undefined, expect.any(HttpOverloadedError)]);
    expect(problemOf(errors[2] as MillraceError)).toMatchObject({
      status: 503,
      retryAfterSeconds: 1,
    });
  });

  it('lets the next one in when one is over, answered or cut, and counts a refused one never', () => {
    const middleware = requestsInFlight(1);
    const first = pass(middleware);
    const refused = pass(middleware);
    expect(refused.error).toBeInstanceOf(HttpOverloadedError);
    refused.response.emit('close');
    expect(pass(middleware).error).toBeInstanceOf(HttpOverloadedError);
    first.response.emit('close');
    expect(pass(middleware).error).toBeUndefined();
  });
});

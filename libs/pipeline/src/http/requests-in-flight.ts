import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpOverloadedError } from './http.errors';

/** What Express calls between a request and its route. */
export type HttpMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Bounds the requests at work on the routes that it stands before, and so the memory of their bodies.
 *
 * A request is at work from its headers to the end of its answer, or of its connection. A further one
 * fails with {@link HttpOverloadedError}, which a filter of the app turns into 503 with Retry-After.
 *
 * @param most - range from 1.
 */
export function requestsInFlight(most: number): HttpMiddleware {
  let inFlight = 0;
  return (_request, response, next) => {
    if (inFlight >= most) {
      next(new HttpOverloadedError());
      return;
    }
    inFlight += 1;
    response.once('close', () => (inFlight -= 1));
    next();
  };
}

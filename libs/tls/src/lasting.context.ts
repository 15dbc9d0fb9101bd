import type { SecureContext } from 'node:tls';

/**
 * A context whose native part is asked for at each handshake.
 *
 * A class of its own, because clients copy plain objects of their options.
 *
 * @see https://nodejs.org/docs/latest-v20.x/api/tls.html#tlscreatesecurecontextoptions
 */
export class LastingContext implements SecureContext {
  readonly #current: () => SecureContext;

  constructor(current: () => SecureContext) {
    this.#current = current;
  }

  get context(): unknown {
    return this.#current().context as unknown;
  }
}

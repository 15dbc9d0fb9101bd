import type { IncomingMessage } from 'node:http';
import { isLoopback } from 'millrace/config';
import { ConsoleOriginRefusedError } from '../console.errors';

export interface OriginRules {
  /** Address of the listener. */
  readonly host: string;
  /** Addresses of proxies; example `https://ops.example.com`. */
  readonly origins: readonly string[];
}

/**
 * Refuses a host that is not ours: a name of somebody else's that leads here by DNS would make a
 * browser believe that his pages and ours are one site.
 *
 * @throws {ConsoleOriginRefusedError} CONSOLE_ORIGIN_REFUSED
 */
export function checkHost(request: IncomingMessage, rules: OriginRules): void {
  const { host } = request.headers;
  const name = host === undefined ? null : parsed(`http://${host}`)?.hostname;
  if (name === null || name === undefined) throw new ConsoleOriginRefusedError();
  // In a cluster nobody knows under which names a pod is called; tokens guard it there.
  if (!isLoopback(rules.host) || isLoopback(name)) return;
  const isOfProxy = rules.origins.some((origin) => parsed(origin)?.hostname === name);
  if (!isOfProxy) throw new ConsoleOriginRefusedError();
}

/**
 * Refuses writes that a page of another site made a browser send.
 *
 * @param hasCookie - browsers say where a request comes from; one with a cookie must.
 * @throws {ConsoleOriginRefusedError} CONSOLE_ORIGIN_REFUSED
 */
export function checkOrigin(
  request: IncomingMessage,
  rules: OriginRules,
  hasCookie: boolean,
): void {
  const { host = '', origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new ConsoleOriginRefusedError();
  }
  if (origin === undefined) {
    if (hasCookie) throw new ConsoleOriginRefusedError();
    return;
  }
  const from = parsed(origin);
  const isOwn = from !== null && from.host === parsed(`${from.protocol}//${host}`)?.host;
  const isOfProxy = rules.origins.some((known) => parsed(known)?.origin === from?.origin);
  if (!isOwn && !isOfProxy) throw new ConsoleOriginRefusedError();
}

function parsed(url: string): URL | null {
  return URL.canParse(url) ? new URL(url) : null;
}

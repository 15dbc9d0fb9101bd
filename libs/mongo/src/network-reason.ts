const MAX_DEPTH = 8;
/** Words of the operating system, of Node.js, and of OpenSSL about certificates. */
const REASON = /^(E[A-Z0-9_]+|[A-Z_]*CERT[A-Z_]*|UNABLE_TO_[A-Z_]+)$/;

interface Link {
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly error?: unknown;
  readonly servers?: unknown;
}

/**
 * Finds the word behind a driver error, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`.
 *
 * The driver keeps it at the end of a chain of causes; mongoose puts a description of the servers
 * into the chain.
 *
 * @returns null when there is none.
 */
export function networkReason(thrown: unknown): string | null {
  let link: unknown = thrown;
  for (let depth = 0; depth < MAX_DEPTH && typeof link === 'object' && link !== null; depth += 1) {
    const { code, cause, error, servers }: Link = link;
    if (typeof code === 'string' && REASON.test(code)) return code;
    const [server] = servers instanceof Map ? (servers.values() as Iterable<unknown>) : [];
    link = cause ?? error ?? server;
  }
  return null;
}

const MAX_DEPTH = 8;

interface Link {
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly error?: unknown;
  readonly servers?: unknown;
}

/**
 * Finds the word of the operating system behind a driver error, such as `ECONNREFUSED`.
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
    if (typeof code === 'string' && /^E[A-Z_]+$/.test(code)) return code;
    const [server] = servers instanceof Map ? (servers.values() as Iterable<unknown>) : [];
    link = cause ?? error ?? server;
  }
  return null;
}

/** What the error classes of kafkajs say, read without importing them. */
export interface VendorErrorFacts {
  /** The innermost message; without payload values. */
  readonly message: string;
  /** Kafka's own name of the error, such as `REBALANCE_IN_PROGRESS`. */
  readonly protocolError: string | undefined;
  /** Class names along the chain of causes, outermost first. */
  readonly names: readonly string[];
  readonly isConnectionError: boolean;
}

interface VendorError extends Error {
  readonly type?: unknown;
  readonly code?: unknown;
  readonly errors?: unknown;
}

const CONNECTION_NAMES: readonly string[] = [
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
];

/**
 * Reads the facts out of an error of kafkajs.
 *
 * kafkajs wraps: the interesting error is the innermost one, an aggregate counts by its first.
 */
export function vendorFactsOf(error: unknown): VendorErrorFacts {
  const chain = chainOf(error);
  const innermost = chain.at(-1);
  const types = chain.map(({ type }) => type).filter((type) => typeof type === 'string');
  const names = chain.map(({ name }) => name);
  return {
    message: innermost?.message ?? String(error),
    protocolError: types.at(-1),
    names,
    isConnectionError: names.some((name) => CONNECTION_NAMES.includes(name)),
  };
}

function chainOf(error: unknown): readonly VendorError[] {
  const chain: VendorError[] = [];
  let current: unknown = error;
  // Bounded: a cause chain may be a ring.
  while (current instanceof Error && chain.length < 16) {
    const link: VendorError = current;
    chain.push(link);
    current = Array.isArray(link.errors) ? (link.errors[0] as unknown) : link.cause;
  }
  return chain;
}

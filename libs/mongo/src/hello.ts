import type { Document } from 'mongodb';

/** What a server says about itself. */
export interface HelloFacts {
  readonly isWritablePrimary: boolean;
  /** null outside of a replica set; a router of a sharded cluster counts as `(sharded)`. */
  readonly replicaSet: string | null;
}

/** Reads the answer to the command `hello`. */
export function hello(answer: Document): HelloFacts {
  const { setName, msg } = answer as { readonly setName?: unknown; readonly msg?: unknown };
  const replicaSet = typeof setName === 'string' ? setName : null;
  return {
    isWritablePrimary: answer['isWritablePrimary'] === true,
    replicaSet: replicaSet ?? (msg === 'isdbgrid' ? '(sharded)' : null),
  };
}

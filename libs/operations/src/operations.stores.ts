import type { ParkedLetters } from 'millrace/pipeline';
import { ControlStoreMissingError } from './operations.errors';

/**
 * Stands for a store that this process has not: every call is refused.
 *
 * @param what - for the message; example `jobs`.
 */
export function absentStore<Store extends object>(what: string): Store {
  const refuse = async () => {
    throw new ControlStoreMissingError({ message: `nothing here keeps ${what}` });
  };
  return new Proxy<object>({}, { get: () => refuse }) as Store;
}

/** Without a memory nothing is parked, and nothing can be. */
export function absentParked(): ParkedLetters {
  const { park, unpark } = absentStore<ParkedLetters>('which dead letters are parked');
  return { park, unpark, find: async () => [] };
}

/** A store that is found at the first call: adapters register theirs while the app starts. */
export function lateStore<Store extends object>(
  find: () => Store | undefined,
  absent: Store,
): Store {
  const call =
    (name: string | symbol) =>
    (...args: readonly unknown[]) => {
      const store = (find() ?? absent) as Record<
        string | symbol,
        (...args: readonly unknown[]) => unknown
      >;
      return store[name]?.(...args);
    };
  return new Proxy<object>({}, { get: (_target, name) => call(name) }) as Store;
}

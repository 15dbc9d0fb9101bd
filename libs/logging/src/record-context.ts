import { AsyncLocalStorage } from 'node:async_hooks';

/** Facts of the record at work; each log line of that work carries them. Never a record's value. */
export interface RecordFields {
  readonly pipeline?: string;
  readonly topic?: string;
  readonly partition?: number;
  /** Text, because an offset has 64 bits. */
  readonly offset?: string;
  readonly group?: string;
  readonly key_hash?: string;
  readonly event_id?: string;
  readonly correlation_id?: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  /** 1 = first try. */
  readonly attempt?: number;
  readonly max_attempts?: number;
  readonly [field: string]: string | number | boolean | undefined;
}

const storage = new AsyncLocalStorage<{
  readonly fields: Record<string, string | number | boolean | undefined>;
}>();

/**
 * Carries the facts of a record to every log line of its work, across `await`.
 *
 * Run it once per batch and `set` per record: entering costs more than setting. Work that is started
 * inside and not awaited sees what was set last.
 */
export const recordContext = Object.freeze({
  /** Runs a function with these fields; what is set inside is gone outside. */
  run<Result>(fields: RecordFields, work: () => Result): Result {
    return storage.run({ fields: { ...storage.getStore()?.fields, ...fields } }, work);
  },

  /** Adds or replaces fields; outside of `run` it does nothing. `undefined` takes a field away. */
  set(fields: RecordFields): void {
    const store = storage.getStore();
    // Once per record: a new object each time would cost more than all else here.
    if (store !== undefined) Object.assign(store.fields, fields);
  },

  /** The fields of now; empty outside of `run`. */
  fields(): RecordFields {
    return { ...storage.getStore()?.fields };
  },
});

import type { Contract } from 'millrace/contracts';
import {
  ContractInvalidError,
  encodeEvent,
  isEventId,
  uuidv7,
  validateEvent,
} from 'millrace/contracts';
import type { MillraceError } from 'millrace/errors';
import { EventIdInvalidError } from '../pipeline.errors';
import type { OutgoingRecord } from '../ports/producer';

/** An event that is to be published. */
export interface EventEntry<Event> {
  readonly event: Event;
  /** Idempotency id; default a UUIDv7. */
  readonly eventId?: string;
  /** Kafka's record timestamp; unit ms since the Unix epoch; default now. */
  readonly timestampMs?: number;
}

/** An event as the record that is sent, or why there is none. */
export type PreparedEvent =
  | { readonly eventId: string; readonly record: OutgoingRecord }
  | { readonly eventId: string; readonly error: MillraceError };

/**
 * Validates an event and makes its record: the same one whichever way it takes to Kafka.
 *
 * @param origin.source - becomes `ce_source`.
 * @param origin.nowMs - unit ms since the Unix epoch.
 * @returns CONTRACT_INVALID or EVENT_ID_INVALID in place of a record; never throws.
 */
export function prepareEvent<Event>(
  contract: Contract<Event>,
  entry: EventEntry<Event>,
  { source, nowMs }: { readonly source: string; readonly nowMs: number },
): PreparedEvent {
  const eventId = entry.eventId ?? uuidv7(nowMs);
  if (!isEventId(eventId)) return { eventId, error: new EventIdInvalidError() };
  const validated = validateEvent(contract, entry.event);
  if ('error' in validated) return { eventId, error: validated.error };
  try {
    const encoded = encodeEvent(contract, validated.event, { eventId, source, nowMs });
    const timestampMs = entry.timestampMs ?? nowMs;
    return { eventId, record: { ...encoded, topic: contract.topic, timestampMs } };
  } catch (cause) {
    return { eventId, error: unencodable(contract, cause) };
  }
}

/** The key function or the codec failed on a valid event. */
function unencodable(
  { name, version }: Pick<Contract, 'name' | 'version'>,
  cause: unknown,
): MillraceError {
  const issues = [{ path: '', message: 'cannot be encoded' }];
  return new ContractInvalidError({
    message: `${name} v${version}: the event cannot be encoded`,
    cause,
    facts: { contract: name, version, issues },
  });
}

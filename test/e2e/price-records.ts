import { encodeEvent } from 'millrace/contracts';
import { METALS, PriceQuoted } from 'millrace/events';
import type { RecordToSend } from './kafka-log';

const FIRST_DAY_MS = Date.UTC(2020, 0, 1);
const MINUTE_MS = 60_000;

/** A price that differs from every other one of the same run by its time. */
export function priceOf(index: number): PriceQuoted {
  return {
    metal: METALS[index % METALS.length] ?? 'gold',
    price: 1_000 + (index % 997) + 0.25,
    currency: 'USD',
    observedAt: new Date(FIRST_DAY_MS + index * MINUTE_MS).toISOString(),
  };
}

/** A record with the full header contract. */
export function priceRecord(event: PriceQuoted, eventId: string, partition: number): RecordToSend {
  const origin = { eventId, source: 'e2e', nowMs: Date.now() };
  return { partition, ...encodeEvent(PriceQuoted, event, origin) };
}

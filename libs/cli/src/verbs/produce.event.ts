import type { Contract } from 'millrace/contracts';
import type { MillraceError } from 'millrace/errors';
import type { OutgoingRecord } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import type { Line } from '../input/lines';
import { contractsLib, pipelineLib } from '../lazy';

/** A line that is an event. */
export interface Prepared {
  readonly line: number;
  readonly eventId: string;
  readonly record: OutgoingRecord;
}

/** A line that is none. */
export interface Refused {
  readonly line: number;
  readonly error: MillraceError;
}

/** Becomes `ce_source`. */
const SOURCE = 'millrace-cli';

/**
 * Turns one line into a record of the contract, as the publishers of services do, or says why it is
 * none; never throws.
 */
export function readEvent(
  contract: Contract,
  { number: line, text }: Line,
  { isEnvelope, clock }: { readonly isEnvelope: boolean; readonly clock: Clock },
): Prepared | Refused {
  const { EventIdInvalidError, prepareEvent } = pipelineLib();
  const parsed = parse(text);
  if ('error' in parsed) return { line, error: parsed.error };
  const { event, eventId } = isEnvelope ? enveloped(parsed.value) : { event: parsed.value };
  if (eventId !== undefined && eventId !== null && typeof eventId !== 'string') {
    return { line, error: new EventIdInvalidError() };
  }
  const entry = typeof eventId === 'string' ? { event, eventId } : { event };
  const prepared = prepareEvent(contract, entry, { source: SOURCE, nowMs: clock.now() });
  return { line, ...prepared };
}

/** A line of `tail -o json`. */
function enveloped(value: unknown): { readonly event: unknown; readonly eventId?: unknown } {
  const { event, eventId } = Object(value) as Readonly<Record<string, unknown>>;
  return { event, eventId };
}

function parse(
  text: string | null,
): { readonly value: unknown } | { readonly error: MillraceError } {
  const { CodecMalformedError, jsonCodec } = contractsLib();
  if (text === null) return { error: new CodecMalformedError({ message: 'the line is too long' }) };
  try {
    // Not the parser alone: it would round long integers and take the last of two keys.
    return { value: jsonCodec.decode(Buffer.from(text)) };
  } catch (error) {
    return { error: error as MillraceError };
  }
}

import type { Contract } from '../contract';
import { EVENT_HEADERS, MAX_EVENT_ID_BYTES } from '../event';
import type { JsonSchema } from '../schemas/structure';

/** What the headers hold that {@link encodeEvent} writes. */
export function eventHeaders(contract: Contract): JsonSchema {
  // One entry for each header that is sent: a new one does not compile without its description.
  const schemas: Readonly<Record<keyof typeof EVENT_HEADERS, JsonSchema>> = {
    id: {
      description: 'Id of the event; the same event sent twice has the same id.',
      minLength: 1,
      maxLength: MAX_EVENT_ID_BYTES,
      pattern: '^[!-~]+$',
    },
    source: { description: 'Who made the event.' },
    type: { const: contract.name },
    time: { description: 'When the event was made, in UTC.', format: 'date-time' },
    specVersion: { const: '1.0' },
    contentType: { const: contract.codec.contentType },
    contractVersion: { const: String(contract.version) },
  };
  const fields = Object.entries(schemas) as [keyof typeof EVENT_HEADERS, JsonSchema][];
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map(([field, schema]) => [EVENT_HEADERS[field], { type: 'string', ...schema }]),
    ),
    required: fields.map(([field]) => EVENT_HEADERS[field]),
  };
}

/** The headers of a failed record, of which each is there only when it is known. */
export function failureHeaders(names: readonly string[]): JsonSchema {
  const all = [...new Set([...Object.values(EVENT_HEADERS), ...names])];
  return {
    type: 'object',
    properties: Object.fromEntries(all.map((name) => [name, { type: 'string' }])),
  };
}

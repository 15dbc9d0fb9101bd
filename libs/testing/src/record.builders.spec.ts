import { decodeEvent, defineContract } from 'millrace/contracts';
import { headerText } from 'millrace/pipeline';
import { z } from 'zod';
import { aRecord, anEvent, anOutgoing } from './record.builders';

const Counted = defineContract({
  name: 'lab.count.taken',
  version: 2,
  topic: 'counts',
  key: ({ place }) => place,
  schema: z.strictObject({ place: z.string(), count: z.number() }),
  upcast: { 1: (older: object) => ({ ...older, place: 'unknown' }) },
});

describe('builders', () => {
  it('aRecord turns texts into bytes and keeps tombstones', () => {
    const record = aRecord({ offset: 7n, key: 'k', value: null, headers: { ce_id: 'a' } });
    expect(record).toMatchObject({ offset: 7n, timestampMs: 0, value: null });
    expect(String(record.key)).toBe('k');
    expect(headerText(record, 'ce_id')).toBe('a');
  });

  it('anEvent gives each place its own id, unless it is told one', () => {
    const event = { count: 1 };
    expect(anEvent(event, { partition: 2, record: { offset: 5n } }).eventId).toBe('events-2-5');
    expect(anEvent(event, { eventId: 'mine' }).eventId).toBe('mine');
    expect(String(anEvent(event).raw.value)).toBe('{"count":1}');
  });

  it('anOutgoing is what the contract reads back', () => {
    const event = { place: 'here', count: 3 };
    const outgoing = anOutgoing(Counted, event, { eventId: 'e1', nowMs: 1_000 });
    expect(outgoing).toMatchObject({ topic: 'counts', timestampMs: 1_000 });
    expect(String(outgoing.key)).toBe('here');
    expect(decodeEvent(Counted, outgoing.value, '2')).toEqual({ event });
  });
});

import fc from 'fast-check';
import { isEventId, uuidv7 } from 'millrace/contracts';

const LAYOUT = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const times = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 }).map((list) => Buffer.from(list));

describe('uuidv7', () => {
  it('has the layout of RFC 9562, section 5.7, and the time in front', () => {
    fc.assert(
      fc.property(times, bytes, (nowMs, random) => {
        const id = uuidv7(nowMs, random);
        expect(id).toMatch(LAYOUT);
        expect(parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(nowMs);
      }),
      { numRuns: 500 },
    );
  });

  it('answers the example of RFC 9562, appendix A.6', () => {
    const random = Buffer.from('0cc318c4dc0c0c07398f', 'hex');
    expect(uuidv7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('sorts by time of creation', () => {
    fc.assert(
      fc.property(times, times, bytes, bytes, (a, b, first, second) => {
        fc.pre(a !== b);
        expect(uuidv7(a, first) < uuidv7(b, second)).toBe(a < b);
      }),
      { numRuns: 500 },
    );
  });

  it('differs within one millisecond and is usable as an event id', () => {
    const ids = Array.from({ length: 1_000 }, () => uuidv7(1));
    expect(new Set(ids).size).toBe(1_000);
    expect(ids.every(isEventId)).toBe(true);
  });
});

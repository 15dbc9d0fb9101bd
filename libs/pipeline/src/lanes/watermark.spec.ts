import fc from 'fast-check';
import { Watermark } from './watermark';

describe('Watermark', () => {
  it('knows nothing to commit before the first segment is finished', () => {
    const watermark = new Watermark();
    watermark.begin(10n);
    expect(watermark.committable).toBeNull();
  });

  it('passes a gap in the offsets only together with the segment before it', () => {
    const watermark = new Watermark();
    const [first, second] = [watermark.begin(10n), watermark.begin(500n)];
    watermark.finish(second);
    expect(watermark.committable).toBeNull();
    watermark.finish(first);
    expect([watermark.committable, watermark.openSegments]).toEqual([500n, 0]);
  });

  it('[CON-08] never passes an unfinished segment and never goes backwards, in any order of completion', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 });
    const orders = lengths.chain((sizes) =>
      fc.tuple(
        fc.constant(sizes),
        fc.shuffledSubarray(sizes.map((_, index) => index)), // some never finish
        fc.nat(sizes.length),
      ),
    );
    fc.assert(
      fc.property(orders, ([sizes, order, openedFirst]) => {
        const watermark = new Watermark();
        let offset = 0n;
        const segments = sizes.map((size) => ({ start: offset, next: (offset += BigInt(size)) }));
        const handles = segments.slice(0, openedFirst).map(({ next }) => watermark.begin(next));
        const finished = new Set<number>();
        let last = -1n;
        for (const index of order) {
          while (handles.length <= index) {
            handles.push(watermark.begin(segments[handles.length]?.next ?? 0n));
          }
          const handle = handles[index];
          if (handle !== undefined) watermark.finish(handle);
          finished.add(index);
          const firstOpen = segments.findIndex((_, at) => !finished.has(at));
          const expected = firstOpen === -1 ? segments.at(-1)?.next : segments[firstOpen]?.start;
          const reached = watermark.committable ?? 0n;
          expect(reached).toBe(expected);
          expect(reached >= last).toBe(true);
          last = reached;
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

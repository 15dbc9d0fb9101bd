import fc from 'fast-check';
import { Watermark } from './watermark';

const SIZE = { records: 1, bytes: 10 };

describe('Watermark', () => {
  it('knows nothing to commit before the first segment is finished', () => {
    const watermark = new Watermark();
    watermark.begin(10n, SIZE);
    expect(watermark.committable).toBeNull();
  });

  it('[W3] stays where it is when lower offsets finish again, and tells it', () => {
    let lowered = 0;
    const watermark = new Watermark(() => (lowered += 1));
    const again = [10n, 4n, 8n, 10n, 12n].map((next) => watermark.begin(next, SIZE));
    const reached = again.map((segment) => {
      watermark.finish(segment);
      return watermark.committable;
    });
    expect(reached).toEqual([10n, 10n, 10n, 10n, 12n]);
    expect(lowered).toBe(2);
  });

  it('knows how much is not passed yet', () => {
    const watermark = new Watermark();
    const sizes = [1, 2, 3].map((records) => ({ records, bytes: records * 10 }));
    const open = sizes.map((size, index) => watermark.begin(BigInt(index + 1), size));
    const [first, , third] = open;
    if (third !== undefined) watermark.finish(third);
    expect([watermark.openRecords, watermark.openBytes, watermark.openSegments]).toEqual([
      6, 60, 3,
    ]);
    if (first !== undefined) watermark.finish(first);
    expect([watermark.openRecords, watermark.openBytes, watermark.openSegments]).toEqual([
      5, 50, 2,
    ]);
  });

  it('keeps its promises over many more segments than it keeps passed ones', () => {
    const watermark = new Watermark();
    const open = Array.from({ length: 5_000 }, (_, at) => watermark.begin(BigInt(at + 1), SIZE));
    open.forEach((segment, at) => {
      watermark.finish(segment);
      if (watermark.committable !== BigInt(at + 1)) throw new Error(`stands wrong at ${at}`);
    });
    expect([watermark.openSegments, watermark.openRecords]).toEqual([0, 0]);
  });

  it('[W1] passes a gap in the offsets only together with the segment before it', () => {
    const watermark = new Watermark();
    const [first, second] = [watermark.begin(10n, SIZE), watermark.begin(500n, SIZE)];
    watermark.finish(second);
    expect(watermark.committable).toBeNull();
    watermark.finish(first);
    expect([watermark.committable, watermark.openSegments]).toEqual([500n, 0]);
  });

  it('[W1] never passes an unfinished segment and never goes backwards, in any order of completion', () => {
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
        const handles = segments
          .slice(0, openedFirst)
          .map(({ next }) => watermark.begin(next, SIZE));
        const finished = new Set<number>();
        let last = -1n;
        for (const index of order) {
          while (handles.length <= index) {
            handles.push(watermark.begin(segments[handles.length]?.next ?? 0n, SIZE));
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

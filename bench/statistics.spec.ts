import { lowerBoundOfMedian, median } from './statistics';

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('lowerBoundOfMedian', () => {
  it.each([
    // Table of the sign test, one-sided 5 %: rank of the lower end.
    [5, 1],
    [8, 2],
    [10, 2],
    [12, 3],
    [20, 6],
    [60, 24],
  ])('of %i values it is the one of rank %i', (count, rank) => {
    expect(lowerBoundOfMedian(upTo(count).reverse())).toBe(rank);
  });

  it('says nothing of fewer than five values', () => {
    expect(lowerBoundOfMedian([])).toBeNaN();
    expect(lowerBoundOfMedian(upTo(4))).toBeNaN();
  });

  it('lies under the median, and close to it when there are many', () => {
    const values = upTo(1_000);
    expect(lowerBoundOfMedian(values)).toBeLessThan(median(values));
    expect(lowerBoundOfMedian(values)).toBeGreaterThan(470);
  });
});

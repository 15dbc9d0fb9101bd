import type { Audit, LetterPosition, ParkedLetters } from 'millrace/pipeline';

const TOPIC = 'prices.dead-letter';
/** Beyond what a double can hold. */
const LARGE = 9_007_199_254_740_993n;

const audit = (reason: string, at = new Date(1_700_000_000_000)): Audit => ({
  by: 'ops',
  reason,
  at,
});
const at = (offset: bigint, partition = 0, topic = TOPIC) => ({
  topic,
  partition,
  offset,
  timestampMs: 1_700_000_000_000 + Number(offset % 1_000n),
});
const ALL = { topic: TOPIC, partition: 0, from: 0n, to: 2n ** 63n - 1n };

/** How the suite gets at a memory of parked letters. */
export interface ParkedLettersUnderTest {
  /** Another process on the same state. */
  open(): Promise<ParkedLetters>;
}

/**
 * Shows the promises of {@link ParkedLetters}; call it inside of a `describe` with an empty state
 * for each test.
 */
export function describeParkedLetters({ open }: ParkedLettersUnderTest): void {
  it('[RD10] a letter that one process parks is parked for all, with who, why and when', async () => {
    const store = await open();
    await store.park([at(3n)], audit('bad source'));
    expect(await (await open()).find(ALL)).toEqual([{ ...at(3n), audit: audit('bad source') }]);
  });

  it('finds the letters of a range of one partition, in the order of their offsets', async () => {
    const store = await open();
    const others = [at(2n, 1), at(2n, 0, 'prices'), at(2n, 0, `${TOPIC}.x`)];
    await store.park([at(LARGE), at(100n), ...others, at(2n), at(9n)], audit('x'));
    const offsets = async (from: bigint, to: bigint) =>
      (await store.find({ ...ALL, from, to })).map(({ offset }) => offset);
    expect(await offsets(0n, LARGE + 1n)).toEqual([2n, 9n, 100n, LARGE]);
    expect(await offsets(9n, 100n)).toEqual([9n]);
    expect(await offsets(10n, 100n)).toEqual([]);
    expect(await offsets(LARGE, LARGE + 1n)).toEqual([LARGE]);
  });

  it('[RD10] an unpark takes back exactly its letters, and says how many there were', async () => {
    const store = await open();
    await store.park([at(1n), at(2n), at(3n)], audit('x'));
    const positions: LetterPosition[] = [at(2n), at(4n), at(1n, 1)];
    expect(await store.unpark(positions, audit('done'))).toBe(1);
    expect(await store.unpark(positions, audit('done'))).toBe(0);
    expect((await store.find(ALL)).map(({ offset }) => offset)).toEqual([1n, 3n]);
  });

  it('a letter that is parked again, also by two at once, is there once, with the last reason', async () => {
    const [one, two] = [await open(), await open()];
    const many = Array.from({ length: 1_000 }, (_, index) => at(BigInt(index)));
    await Promise.all([one.park(many, audit('same')), two.park(many, audit('same'))]);
    await one.unpark([at(0n)], audit('back'));
    await two.park([{ ...at(0n), timestampMs: 7 }], audit('again'));
    const found = await one.find(ALL);
    expect(found).toHaveLength(1_000);
    expect(found[0]).toEqual({ ...at(0n), timestampMs: 7, audit: audit('again') });
  });

  it('nothing is nothing', async () => {
    const store = await open();
    await store.park([], audit('x'));
    expect([await store.unpark([], audit('x')), await store.find(ALL)]).toEqual([0, []]);
  });
}

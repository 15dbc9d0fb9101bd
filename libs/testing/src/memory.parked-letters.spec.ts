import { describeParkedLetters } from './conformance/parked-letters-suite';
import { MemoryParkedLetters } from './memory.parked-letters';

describe('MemoryParkedLetters', () => {
  let store: MemoryParkedLetters;

  beforeEach(() => {
    store = new MemoryParkedLetters();
  });

  describeParkedLetters({ open: () => Promise.resolve(store) });

  it('keeps every change, oldest first', async () => {
    const position = { topic: 't', partition: 0, offset: 1n };
    const audit = { by: 'ops', reason: 'x', at: new Date(0) };
    await store.park([{ ...position, timestampMs: 0 }], audit);
    await store.unpark([position, { ...position, offset: 2n }], audit);
    expect(store.changes).toEqual([
      { change: 'park', ...position, ...audit },
      { change: 'unpark', ...position, ...audit },
    ]);
  });
});

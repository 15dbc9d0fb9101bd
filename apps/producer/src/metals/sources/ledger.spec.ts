import { LEDGER_PAGE_IDS, Ledger } from './ledger';

describe('Ledger', () => {
  it('gives pages of at most 10,000 ids, and the same place again at the end', () => {
    const ledger = new Ledger();
    const ids = Array.from({ length: LEDGER_PAGE_IDS + 5 }, (_, index) => `id-${index}`);
    for (const id of ids) ledger.add(id);
    const first = ledger.page(0);
    const second = ledger.page(first.next);
    expect([...first.ids, ...second.ids]).toEqual(ids);
    expect(first.ids).toHaveLength(LEDGER_PAGE_IDS);
    expect(ledger.page(second.next)).toEqual({ ids: [], next: second.next, oldest: 0 });
  });

  it('forgets the oldest beyond its capacity, and says where it begins', () => {
    const ledger = new Ledger(3);
    for (const id of ['a', 'b', 'c', 'd', 'e']) ledger.add(id);
    expect(ledger.page(0)).toEqual({ ids: ['c', 'd', 'e'], next: 5, oldest: 2 });
    expect(ledger.page(4)).toEqual({ ids: ['e'], next: 5, oldest: 2 });
  });

  it('answers a place beyond its end with nothing', () => {
    expect(new Ledger(3).page(99)).toEqual({ ids: [], next: 0, oldest: 0 });
  });

  it('keeps nothing without a capacity', () => {
    const ledger = new Ledger(0);
    ledger.add('a');
    expect(ledger.page(0)).toEqual({ ids: [], next: 0, oldest: 0 });
  });
});

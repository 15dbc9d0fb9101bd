import { Ledger } from './ledger';

describe('Ledger', () => {
  it('finds what was acknowledged and is nowhere', () => {
    const ledger = ledgerOf('a', 'b', 'c', 'd');
    const result = ledger.compare({ stored: ['a'], deadLettered: ['b'], filtered: ['c'] });
    expect(result).toMatchObject({ missing: ['d'], twice: [], unexpected: [] });
  });

  it('finds what is stored twice, and what nobody acknowledged', () => {
    const result = ledgerOf('a', 'b').compare({ stored: ['a', 'b', 'a', 'z'] });
    expect(result).toMatchObject({ missing: [], twice: ['a'], unexpected: ['z'] });
  });

  it('what was left unknown may be there or not', () => {
    const ledger = ledgerOf('a');
    ledger.leaveUnknown('u');
    expect(ledger.compare({ stored: ['a'] })).toMatchObject({ missing: [], unexpected: [] });
    expect(ledger.compare({ stored: ['a', 'u'] })).toMatchObject({ missing: [], unexpected: [] });
  });

  it('an acknowledgement of a later try counts, and is not taken back', () => {
    const ledger = new Ledger();
    ledger.leaveUnknown('a');
    ledger.acknowledge({ id: 'a' });
    ledger.leaveUnknown('a');
    expect(ledger.compare({ stored: [] }).missing).toEqual(['a']);
    expect(ledger.acknowledged).toHaveLength(1);
  });

  it('finds events that were stored after a newer one of their key', () => {
    const ledger = new Ledger();
    for (const version of [1, 2, 3]) {
      ledger.acknowledge({ id: `gold-${version}`, key: 'gold', version });
      ledger.acknowledge({ id: `silver-${version}`, key: 'silver', version });
    }
    const inOrder = ['gold-1', 'silver-1', 'silver-2', 'gold-2', 'gold-3', 'silver-3'];
    expect(ledger.compare({ stored: inOrder }).orderViolations).toEqual([]);
    const moved = ['gold-1', 'gold-3', 'silver-1', 'gold-2', 'silver-2', 'silver-3'];
    expect(ledger.compare({ stored: moved }).orderViolations).toEqual(['gold-2']);
  });
});

function ledgerOf(...ids: readonly string[]): Ledger {
  const ledger = new Ledger();
  for (const id of ids) ledger.acknowledge({ id });
  return ledger;
}

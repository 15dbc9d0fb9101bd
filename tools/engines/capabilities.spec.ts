import { runModule } from './module-process';

describe('the required capabilities of the database', () => {
  const refusal = (found: readonly string[], required?: string) =>
    runModule<string | null>(`
      const { requireCapabilities } = await import('./tools/engines/capabilities.mjs');
      const { renderEngineError } = await import('./tools/engines/engine-error.mjs');
      try {
        requireCapabilities(${JSON.stringify(found)}, ${JSON.stringify(required)});
        return null;
      } catch (error) {
        return renderEngineError(error);
      }
    `);

  it('pass when all of them were found, or none is required', () => {
    expect(refusal(['transactions', 'changeStreams'], 'transactions, changeStreams')).toBeNull();
    expect(refusal([])).toBeNull();
  });

  it('fail by name when one is missing', () => {
    const error = refusal(['transactions'], 'transactions,changeStreams');
    expect(error).toContain('lacks required capabilities: changeStreams');
    expect(error).toContain('it has: transactions');
  });

  it('fail when a name is misspelt, which would require nothing', () => {
    expect(refusal(['transactions'], 'transaction')).toContain('nobody knows: transaction');
  });
});

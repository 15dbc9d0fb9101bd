import { networkReason } from './network-reason';

const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

describe('networkReason', () => {
  it('finds the word of the operating system at the end of a chain of causes', () => {
    const error = new Error('selection', { cause: new Error('network', { cause: refused }) });
    expect(networkReason(error)).toBe('ECONNREFUSED');
  });

  it('looks into the description of servers that mongoose leaves as the cause', () => {
    const servers = new Map([['db:27017', { error: new Error('network', { cause: refused }) }]]);
    expect(networkReason(new Error('selection', { cause: { servers } }))).toBe('ECONNREFUSED');
  });

  it('knows nothing of other errors, and ends on a ring', () => {
    const ring: { cause?: unknown } = {};
    ring.cause = ring;
    expect(networkReason(ring)).toBeNull();
    expect(networkReason(new Error('x'))).toBeNull();
    expect(networkReason(undefined)).toBeNull();
  });
});

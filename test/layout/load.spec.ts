import { manifest } from './tree';

/** Types only: there is nothing to load. */
const WITHOUT_CODE = new Set(['@standard-schema/spec']);
const names = Object.keys(manifest().dependencies).filter((name) => !WITHOUT_CODE.has(name));

describe('every runtime dependency loads under Jest', () => {
  // Node 20.19 can require an ES module, Jest cannot: such a package works until the first spec.
  it.each(names)('%s', (name) => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the name is computed
    const loaded: unknown = require(name);
    expect(['function', 'object']).toContain(typeof loaded);
    expect(loaded).not.toBeNull();
  });
});

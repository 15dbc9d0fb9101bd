import { describeControlStore } from './conformance/control-store-suite';
import { MemoryControlStore } from './memory.control-store';
import { MemoryInbox } from './memory.inbox';

describe('MemoryInbox', () => {
  it('knows per group what was remembered, once', async () => {
    const inbox = new MemoryInbox();
    await inbox.remember('mail', ['a', 'b', 'a']);
    expect(await inbox.known('mail', ['a', 'c'])).toEqual(new Set(['a']));
    expect(await inbox.known('audit', ['a'])).toEqual(new Set());
    expect(inbox.remembered('mail')).toEqual(['a', 'b']);
  });

  it('[DX-03] can be away: it answers nothing and remembers nothing', async () => {
    const inbox = new MemoryInbox();
    inbox.inboxDown();
    const away = { failure: 'infrastructure' };
    await expect(inbox.known('mail', ['a'])).rejects.toMatchObject(away);
    await expect(inbox.remember('mail', ['a'])).rejects.toMatchObject(away);
    inbox.inboxUp();
    expect(inbox.remembered('mail')).toEqual([]);
  });
});

describe('MemoryControlStore', () => {
  const audit = { by: 'ops', reason: 'maintenance', at: new Date(0) };

  let store: MemoryControlStore;

  beforeEach(() => {
    store = new MemoryControlStore();
  });

  describeControlStore({ open: () => Promise.resolve(store) });

  it('keeps every change, and who made it', async () => {
    await store.pause({ groupId: 'g' }, audit);
    await store.resume({ groupId: 'g', topic: 't' }, audit);
    await store.resume({ groupId: 'g' }, audit);
    await store.stop({ groupId: 'g', serviceVersion: '1', at: new Date(1), causes: [] });
    expect(store.changes).toEqual([
      { change: 'pause', groupId: 'g', ...audit },
      { change: 'resume', groupId: 'g', ...audit },
      { change: 'stop', groupId: 'g', at: new Date(1) },
    ]);
  });
});

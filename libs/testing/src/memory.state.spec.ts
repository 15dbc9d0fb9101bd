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

  it('keeps a pause per target until exactly that one is resumed, and who did it', async () => {
    const store = new MemoryControlStore();
    await store.pause({ groupId: 'g' }, audit);
    await store.pause({ groupId: 'g', topic: 't', partition: 0 }, audit);
    expect(await store.resume({ groupId: 'g', topic: 't' }, audit)).toBe(false);
    expect(await store.resume({ groupId: 'g' }, audit)).toBe(true);
    const left = { groupId: 'g', topic: 't', partition: 0, audit };
    expect(await store.read()).toEqual({ pauses: [left], stops: [] });
    expect(store.changes.map(({ change }) => change)).toEqual(['pause', 'pause', 'resume']);
  });

  it('keeps a stopped line until it is restarted', async () => {
    const store = new MemoryControlStore();
    const line = { groupId: 'g', serviceVersion: '1', at: new Date(0), causes: [] };
    await store.stop(line);
    expect((await store.read()).stops).toEqual([line]);
    expect(await store.restart('g', audit)).toBe(true);
    expect(await store.restart('g', audit)).toBe(false);
    expect((await store.read()).stops).toEqual([]);
  });
});

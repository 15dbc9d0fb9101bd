import { StoreAwayError, readAt } from '../fakes/records';
import type { Dependency } from '../ports/dependency';
import type { InboxPort } from '../ports/inbox';
import type { RecordResult } from '../records/outcome';
import { DUPLICATE, STALE, STORED } from '../records/outcome';
import type { PipelineRecord } from '../records/pipeline-record';
import type { HandlingScope } from '../records/record-context';
import { NOT_HANDLED } from './handling';
import { InboxUnavailableError } from './handling.errors';
import { withInbox } from './with-inbox';

class InboxScene {
  readonly handled: string[] = [];
  readonly remembered = new Set<string>();
  failure: Error | null = null;
  rememberFailure: Error | null = null;
  /** What the handler says, by id; default stored. */
  readonly answers = new Map<string, RecordResult>();
  readonly dependency: Dependency = { name: 'store', probe: async () => undefined };

  readonly inbox: InboxPort = {
    name: 'store',
    known: async (groupId, ids) => {
      if (this.failure !== null) throw this.failure;
      return new Set(ids.filter((id) => this.remembered.has(`${groupId} ${id}`)));
    },
    remember: async (groupId, ids) => {
      if (this.rememberFailure !== null) throw this.rememberFailure;
      for (const id of ids) this.remembered.add(`${groupId} ${id}`);
    },
  };

  readonly handling = withInbox(
    {
      unit: 'slice',
      handle: async (records) => {
        this.handled.push(...records.map(({ eventId }) => eventId));
        return records.map(({ eventId }) => this.answers.get(eventId) ?? STORED);
      },
    },
    { inbox: this.inbox, deadlineMs: 1_000, dependency: () => this.dependency },
  );

  handle(...records: PipelineRecord[]): Promise<readonly RecordResult[]> {
    const signal = new AbortController().signal;
    const scope: HandlingScope = { topic: 'readings', partition: 0, groupId: 'lab', signal };
    return this.handling.handle(records, scope, 1);
  }
}

describe('withInbox', () => {
  it('[DEL-05] answers duplicate for known events and does not call the handler', async () => {
    const scene = new InboxScene();
    expect(await scene.handle(readAt(0), readAt(1))).toEqual([STORED, STORED]);
    expect(await scene.handle(readAt(1), readAt(2))).toEqual([DUPLICATE, STORED]);
    expect(scene.handled).toEqual(['id-0', 'id-1', 'id-2']);
    expect([...scene.remembered]).toEqual(['lab id-0', 'lab id-1', 'lab id-2']);
  });

  it('[DEL-05] answers only after the inbox has the id', async () => {
    const scene = new InboxScene();
    let save = (): void => undefined;
    const saved = new Promise<void>((resolve) => (save = resolve));
    jest.spyOn(scene.inbox, 'remember').mockReturnValue(saved);
    let isAnswered = false;
    const answer = scene.handle(readAt(0)).then(() => (isAnswered = true));
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect([scene.handled, isAnswered]).toEqual([['id-0'], false]);
    save();
    await answer;
    expect(isAnswered).toBe(true);
  });

  it('does not remember what failed, and keeps other outcomes', async () => {
    const scene = new InboxScene();
    const error = { error: new Error('refused') };
    scene.answers.set('id-0', error).set('id-1', STALE);
    expect(await scene.handle(readAt(0), readAt(1))).toEqual([error, STALE]);
    expect([...scene.remembered]).toEqual(['lab id-1']);
    scene.answers.clear();
    expect(await scene.handle(readAt(0))).toEqual([STORED]);
  });

  it('does not call the handler again while only the inbox is away', async () => {
    const scene = new InboxScene();
    const record = readAt(0);
    scene.rememberFailure = new StoreAwayError();
    expect(await scene.handle(record)).toEqual([{ error: scene.rememberFailure }]);
    expect(await scene.handle(record)).toEqual([{ error: scene.rememberFailure }]);
    scene.rememberFailure = null;
    expect(await scene.handle(record)).toEqual([STORED]);
    expect(scene.handled).toEqual(['id-0']);
  });

  it('lets the second of two records with one id wait for the end of the first', async () => {
    const scene = new InboxScene();
    const [first, second] = [readAt(0), { ...readAt(1), eventId: 'id-0' }];
    expect(await scene.handle(first, second)).toEqual([STORED, NOT_HANDLED]);
    expect(await scene.handle(second)).toEqual([DUPLICATE]);
    expect(scene.handled).toEqual(['id-0']);
  });

  it('calls every trouble of the inbox one of infrastructure', async () => {
    const scene = new InboxScene();
    const failureOf = async (thrown: Error) => {
      scene.failure = thrown;
      const [result] = await scene.handle(readAt(0));
      return result !== undefined && 'error' in result ? result.error : result;
    };
    const away = new StoreAwayError();
    expect(await failureOf(away)).toBe(away);
    const unknown = await failureOf(new TypeError('bug of an adapter'));
    expect(unknown).toBeInstanceOf(InboxUnavailableError);
    expect(unknown).toMatchObject({ failure: 'infrastructure' });
    Object.assign(scene.dependency, { translate: () => away });
    expect(await failureOf(new Error('vendor'))).toBe(away);
    expect(scene.handled).toEqual([]);
  });
});

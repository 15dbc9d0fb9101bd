import type {
  Audit,
  ControlStore,
  GroupReport,
  ProcessReport,
  StoppedLine,
} from 'millrace/pipeline';

const GROUP = 'mail/sender';
const audit = (reason: string, at = new Date(1_700_000_000_000)): Audit => ({
  by: 'ops',
  reason,
  at,
});
const LINE: StoppedLine = {
  groupId: GROUP,
  serviceVersion: '1.2.3',
  at: new Date(1_700_000_000_000),
  causes: [{ code: 'HANDLER_FAILED', count: 60 }],
};
const STATE: GroupReport = {
  groupId: GROUP,
  pipeline: 'mail',
  state: 'assigned',
  lineStopped: false,
  inFlightRecords: 3,
  readers: [
    {
      name: 'MailController.onMail',
      topic: 'mails.v1',
      contract: 'mail.sent v1',
      target: 'record',
      retryTopics: ['mails.v1.retry.0'],
      idempotent: false,
    },
  ],
  partitions: [{ topic: 'mails.v1', partition: 0, paused: true }],
  pauses: [{ groupId: GROUP, topic: 'mails.v1' }],
};

/** How the suite gets at a store. */
export interface ControlStoreUnderTest {
  /** Another process on the same state. */
  open(): Promise<ControlStore>;
}

/**
 * Shows the promises of a {@link ControlStore}; call it inside of a `describe` with an empty state
 * for each test.
 */
export function describeControlStore({ open }: ControlStoreUnderTest): void {
  it('a pause is seen by every process, one per target; the last reason counts', async () => {
    const [one, two] = [await open(), await open()];
    await one.pause({ groupId: GROUP, topic: 't' }, audit('first'));
    await one.pause({ groupId: GROUP, topic: 't', partition: 0 }, audit('poison'));
    await two.pause({ groupId: GROUP, topic: 't' }, audit('again'));
    const { pauses } = await (await open()).read();
    expect(pauses).toHaveLength(2);
    expect(pauses).toEqual(
      expect.arrayContaining([
        { groupId: GROUP, topic: 't', partition: 0, audit: audit('poison') },
        { groupId: GROUP, topic: 't', audit: audit('again') },
      ]),
    );
  });

  it('a resume takes away exactly its target, and says when there was none', async () => {
    const store = await open();
    await store.pause({ groupId: GROUP }, audit('one'));
    await store.pause({ groupId: GROUP, topic: 't' }, audit('two'));
    expect(await store.resume({ groupId: GROUP, topic: 'other' }, audit('x'))).toBe(false);
    expect(await store.resume({ groupId: GROUP }, audit('done'))).toBe(true);
    expect(await store.resume({ groupId: GROUP }, audit('done'))).toBe(false);
    expect((await store.read()).pauses).toEqual([
      { groupId: GROUP, topic: 't', audit: audit('two') },
    ]);
  });

  it('a stopped line stays stopped for every process until it is restarted', async () => {
    const store = await open();
    await Promise.all([store.stop(LINE), (await open()).stop(LINE)]);
    expect(await (await open()).read()).toEqual({ pauses: [], stops: [LINE] });
    expect(await store.restart(GROUP, audit('a new release'))).toBe(true);
    expect(await store.restart(GROUP, audit('a new release'))).toBe(false);
    expect(await store.read()).toEqual({ pauses: [], stops: [] });
  });

  it('what a process says of itself replaces what it said before, and is no desired state', async () => {
    const [one, two] = [await open(), await open()];
    const first = reportOf('b', new Date(1_700_000_000_000));
    const second = { ...first, at: new Date(1_700_000_010_000), groups: [STATE] };
    await one.report(first);
    await two.report(reportOf('a', new Date(1_700_000_005_000)));
    await one.report(second);
    expect(await two.reports()).toEqual([reportOf('a', new Date(1_700_000_005_000)), second]);
    expect(await two.read()).toEqual({ pauses: [], stops: [] });
  });

  it('a process that ends in order takes back its own word, and no other', async () => {
    const store = await open();
    const at = new Date(1_700_000_000_000);
    await store.report(reportOf('a', at));
    await store.report(reportOf('b', at));
    await store.withdraw('a');
    await store.withdraw('nobody');
    expect((await store.reports()).map(({ process }) => process)).toEqual(['b']);
  });
}

function reportOf(process: string, at: Date): ProcessReport {
  return { process, service: 'mail', serviceVersion: '1.2.3', at, groups: [] };
}

import { CliScene } from '../fakes/cli.scene';

const GROUP = 'orders-billing';
const TARGET = ['replay', '--group', GROUP, '--topic', 'orders'];
let scene: CliScene;
beforeEach(async () => {
  scene = new CliScene();
  await scene.serve(GROUP);
  await scene.place('a', 'b', 'c');
});
afterEach(() => scene.remove());

describe('millrace replay', () => {
  it('[RD3] is a dry run unless --yes: it shows records and partitions, and starts nothing', async () => {
    const { code, stdout, stderr } = await scene.run([...TARGET, '-o', 'json']);
    expect(code).toBe(0);
    expect(stdout.json).toMatchObject([
      { dryRun: true, groupId: GROUP, records: 3, idempotent: true },
    ]);
    expect(stderr.text).toContain('this is a dry run');
    expect(await scene.jobs.list()).toEqual([]);
  });

  it('starts a job that a service runs, and lists it', async () => {
    const { code, stdout } = await scene.run([
      ...TARGET,
      '--yes',
      '--reason',
      'new index',
      '-o',
      'json',
    ]);
    expect(code).toBe(0);
    const [job] = stdout.json;
    expect(job).toMatchObject({
      kind: 'replay',
      state: 'waiting',
      audit: { by: 'ada', reason: 'new index' },
    });
    const listed = await scene.run(['replay', '--jobs']);
    expect(listed.stdout.text).toContain(String(job?.['id']));
  });

  it('stays with --wait until the service has ended it, with a bar on a terminal', async () => {
    const running = scene.run([...TARGET, '--yes', '--reason', 'x', '--wait'], { terminal: true });
    while ((await scene.jobs.list()).length === 0) await new Promise(setImmediate);
    const job = await scene.jobs.claim(['replay'], 'service', 60_000);
    await scene.jobs.save(job?.id ?? '', job?.fence ?? 0, {
      progress: { records: 3, done: 1 },
      leaseMs: 60_000,
    });
    await scene.clock.advance(1_000);
    await scene.jobs.finish(job?.id ?? '', job?.fence ?? 0, 'done', { records: 3, done: 3 });
    const { code, stdout, stderr } = await running;
    expect(code).toBe(0);
    expect(stdout.text).toMatch(/^state +done$/m);
    expect(stderr.text).toContain('] 1 of 3');
  });

  it('cancels a job, and says when it is over', async () => {
    await scene.run([...TARGET, '--yes', '--reason', 'x']);
    const [job] = await scene.jobs.list();
    const cancel = ['replay', '--cancel', job?.id ?? '', '--reason', 'wrong window'];
    expect((await scene.run(cancel)).code).toBe(0);
    expect((await scene.jobs.list())[0]?.state).toBe('cancelled');
    const again = await scene.run(cancel);
    expect(again.code).toBe(1);
    expect(again.stderr.text).toContain('CLI_JOB_OVER');
  });

  it('reads a window of offsets or times', async () => {
    const [{ partition } = { partition: 0 }] = scene.broker.records('orders');
    const window = ['--from', `${partition}=0`, '--to', `${partition}=1`];
    const bounded = await scene.run([...TARGET, ...window, '-o', 'json']);
    expect(bounded.stdout.json).toMatchObject([
      { records: 1, partitions: [{ partition, from: '0', to: '1' }] },
    ]);
    const timed = await scene.run([...TARGET, '--from', '2h', '-o', 'json']);
    expect(timed.stdout.json).toMatchObject([{ records: 3 }]);
  });

  it.each([
    [[...TARGET, '--from', '0:1'], 2, 'CLI_USAGE'],
    [[...TARGET, '--from', '0=x'], 2, 'CLI_USAGE'],
    [[...TARGET, '--rate', '0'], 2, 'CLI_USAGE'],
    [['replay'], 2, '--group and --topic are missing'],
    [[...TARGET, '--live'], 2, '--live needs --group, --topic and --from'],
    [[...TARGET, '--live', '--from', 'end', '--rate', '5'], 2, 'are for a shadow group'],
    [[...TARGET, '--live', '--from', '0=7'], 2, 'REPLAY_WINDOW_INVALID'],
    [[...TARGET, '--live', '--from', 'end', '--yes'], 2, '--reason is missing'],
    [[...TARGET, '--yes'], 2, '--reason is missing'],
    [['replay', '--group', 'nobody', '--topic', 'orders'], 2, 'REPLAY_TARGET_INVALID'],
    [[...TARGET, '--from', '0=7'], 2, 'REPLAY_WINDOW_INVALID'],
  ])('%j ends with %d', async (argv, exit, text) => {
    const { code, stderr } = await scene.run(argv);
    expect(stderr.text).toContain(text);
    expect(code).toBe(exit);
  });

  it('refuses handlers whose effect would be there twice, and a window that is read already: exit code 4', async () => {
    await scene.run([...TARGET, '--yes', '--reason', 'x']);
    const overlapping = await scene.run([...TARGET, '--yes', '--reason', 'x']);
    expect(overlapping.stderr.text).toContain('REPLAY_OVERLAPS');
    expect(overlapping.code).toBe(4);
    await scene.serve('orders-mail', { idempotent: false });
    const mail = await scene.run([
      ...['replay', '--group', 'orders-mail', '--topic', 'orders', '--yes', '--reason', 'x'],
    ]);
    expect(mail.stderr.text).toContain('REPLAY_NOT_IDEMPOTENT');
    expect(mail.code).toBe(4);
  });

  describe('--live', () => {
    const live = [...TARGET, '--live', '--from', 'end'];
    const write = [...live, '--yes', '--reason', 'skip the test orders'];
    const committed = () =>
      [0, 1, 2].map((partition) =>
        scene.broker.group(GROUP).committed({ topic: 'orders', partition }),
      );

    it('shows what would be moved, and moves nothing unless --yes', async () => {
      const { code, stdout, stderr } = await scene.run([...live, '-o', 'json']);
      expect(code).toBe(0);
      expect(stdout.json.map(({ now }) => now)).toEqual([null, null, null]);
      expect(stderr.text).toContain('this is a dry run');
      expect([committed(), scene.audit.entries]).toEqual([[null, null, null], []]);
    });

    it('[OPS-03] moves a group whose processes are stopped, and keeps who and why', async () => {
      const { code, stdout } = await scene.run([...write, '-o', 'json']);
      expect(code).toBe(0);
      const ends = stdout.json.map(({ to }) => BigInt(String(to)));
      expect(ends.reduce((sum, end) => sum + end, 0n)).toBe(3n);
      expect(committed()).toEqual(ends);
      expect(scene.audit.entries).toMatchObject([
        { action: 'group.move', by: 'ada', reason: 'skip the test orders' },
      ]);
    });

    it('refuses a group that stores its position with its data: exit code 2', async () => {
      await scene.serve(GROUP, { ownOffsets: true });
      const { code, stderr } = await scene.run(write);
      expect([code, scene.audit.entries]).toEqual([2, []]);
      expect(stderr.text).toContain('stores its position with its data');
    });
  });
});

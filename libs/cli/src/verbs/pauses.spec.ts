import { CliScene } from '../fakes/cli.scene';

const GROUP = 'orders-billing';
let scene: CliScene;
beforeEach(async () => {
  scene = new CliScene();
  await scene.serve(GROUP);
});
afterEach(() => scene.remove());

describe('millrace pause, resume, pauses', () => {
  it('[CON-09] pauses and resumes a partition, with who and why, audited', async () => {
    const target = ['--group', GROUP, '--topic', 'orders', '--partition', '2'];
    const paused = await scene.run(['pause', ...target, '--reason', 'bad batch', '-o', 'json']);
    expect(paused.code).toBe(0);
    expect(paused.stdout.json).toEqual([
      { groupId: GROUP, topic: 'orders', partition: 2, paused: true },
    ]);
    const listed = await scene.run(['pauses', '-o', 'json']);
    expect(listed.stdout.json).toMatchObject([
      { state: 'paused', groupId: GROUP, partition: 2, by: 'ada', reason: 'bad batch' },
    ]);
    const resumed = await scene.run(['resume', ...target, '--reason', 'mended', '--by', 'grace']);
    expect([resumed.code, resumed.stdout.text]).toEqual([
      0,
      `resumed\tgroup "${GROUP}", topic "orders", partition 2\n`,
    ]);
    expect((await scene.controls.read()).pauses).toEqual([]);
    const entries = await scene.audit.list();
    expect(entries.map(({ action, by, reason }) => [action, by, reason])).toEqual([
      ['resume', 'grace', 'mended'],
      ['pause', 'ada', 'bad batch'],
    ]);
  });

  it('[ERR-11] lets a group go on that stopped itself', async () => {
    const causes = [{ code: 'CONTRACT_INVALID', count: 50 }];
    await scene.controls.stop({ groupId: GROUP, serviceVersion: '1', at: new Date(), causes });
    const listed = await scene.run(['pauses', '-o', 'json']);
    expect(listed.stdout.json).toMatchObject([
      { state: 'stopped', groupId: GROUP, by: 'itself', reason: '50 x CONTRACT_INVALID' },
    ]);
    const { code, stdout, stderr } = await scene.run([
      ...['resume', '--group', GROUP, '--reason', 'new schema', '-o', 'json'],
    ]);
    expect([code, stderr.lines]).toEqual([0, [`group "${GROUP}" had stopped itself and goes on`]]);
    expect(stdout.json).toEqual([{ groupId: GROUP, resumed: false, restarted: true }]);
  });

  it('changes nothing with --dry-run', async () => {
    const { code, stdout } = await scene.run([
      ...['pause', '--group', GROUP, '--reason', 'x', '--dry-run'],
    ]);
    expect([code, stdout.text]).toEqual([0, `would pause\tgroup "${GROUP}"\n`]);
    expect(await scene.controls.read()).toEqual({ pauses: [], stops: [] });
  });

  it('says that nothing was paused or stopped, and exits with 1', async () => {
    const { code, stderr } = await scene.run(['resume', '--group', GROUP, '--reason', 'x']);
    expect(code).toBe(1);
    expect(stderr.text).toContain(
      `CLI_NOTHING_PAUSED  group "${GROUP}" is neither paused nor stopped`,
    );
  });

  it.each([
    [['pause', '--group', GROUP], 'CLI_USAGE  --reason is missing'],
    [['pause', '--group', GROUP, '--reason', ' '], 'CLI_USAGE  --reason is missing'],
    [['pause', '--group', ' ', '--reason', 'x'], 'CLI_USAGE  --group is empty'],
    [['pause', '--group', GROUP, '--partition', '1', '--reason', 'x'], '--partition needs --topic'],
    [
      ['pause', '--group', GROUP, '--topic', 'orders', '--partition', '-1', '--reason', 'x'],
      '--partition is a whole number',
    ],
    [['pause', '--group', 'nobody', '--reason', 'x'], 'CONTROL_TARGET_INVALID'],
    [['pause', '--group', GROUP, '--topic', 'other', '--reason', 'x'], 'it reads: orders'],
    [
      ['pause', '--group', GROUP, '--topic', 'orders', '--partition', '3', '--reason', 'x'],
      'it has 0 to 2',
    ],
  ])('%j is exit code 2', async (argv, message) => {
    const { code, stdout, stderr } = await scene.run(argv);
    expect([code, stdout.text]).toEqual([2, '']);
    expect(stderr.text).toContain(message);
    expect(await scene.controls.read()).toEqual({ pauses: [], stops: [] });
  });
});

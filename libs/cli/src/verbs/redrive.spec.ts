import { Logger } from '@nestjs/common';
import { CliScene } from '../fakes/cli.scene';

const YES = ['--yes', '--reason', 'customer restored'];
let scene: CliScene;
beforeAll(() => Logger.overrideLogger(false));
beforeEach(async () => {
  scene = new CliScene();
  await scene.serve('orders-billing');
});
afterEach(() => scene.remove());

const redrive = (...argv: readonly string[]) => scene.run(['dead-letters', 'redrive', ...argv]);
const sent = () => scene.broker.records('orders.retry.0').map(({ key }) => String(key));

describe('millrace dead-letters redrive', () => {
  it('[RD3] is a dry run unless --yes: counts, samples and the hint, and nothing is sent', async () => {
    scene.bury('a');
    scene.bury('b', { 'dead-letter-redrive-count': '3' });
    const { code, stdout, stderr } = await redrive('-o', 'json');
    expect(code).toBe(0);
    expect(stdout.json).toMatchObject([
      {
        ...{ dryRun: true, matching: 2 },
        byTarget: [{ topic: 'orders.retry.0', groupId: 'orders-billing', count: 1 }],
        refused: { 'redrive-limit': 1 },
        samples: [{ key: 'a' }],
      },
    ]);
    expect(stderr.text).toContain('nothing was sent: this is a dry run');
    expect([sent(), await scene.jobs.list(), await scene.audit.list()]).toEqual([[], [], []]);
  });

  it('[RD7] sends with --yes, tells the result, and is audited with who and why', async () => {
    for (const id of ['a', 'b', 'c']) scene.bury(id);
    const { code, stdout } = await redrive(...YES, '--by', 'grace');
    expect([code, [...sent()].sort()]).toEqual([0, ['a', 'b', 'c']]);
    expect(stdout.text).toContain('state\tdone\n');
    expect(stdout.text).toContain('redriven\t3\n');
    const entries = await scene.audit.list();
    expect(entries.at(-1)).toMatchObject({ action: 'redrive.start', by: 'grace', reason: YES[2] });
  });

  it('sends exactly the given positions', async () => {
    for (const id of ['a', 'b']) scene.bury(id);
    expect((await redrive('orders.dead-letter/0/1', ...YES)).code).toBe(0);
    expect(sent()).toEqual(['b']);
  });

  it('sends at most --max, and what was sent back too often only with --force', async () => {
    for (const id of ['a', 'b', 'c']) scene.bury(id);
    await redrive('--max', '1', ...YES);
    expect(sent()).toEqual(['a']);
    scene.bury('d', { 'dead-letter-redrive-count': '3' });
    await redrive('--filter', 'key=d', '--force', ...YES);
    expect(sent()).toEqual(['a', 'd']);
  });

  it('draws its progress on a terminal only', async () => {
    for (let index = 0; index < 100; index += 1) scene.bury(`order-${index}`);
    const shown = await scene.run(['dead-letters', 'redrive', ...YES], { terminal: true });
    expect(shown.stderr.text).toContain('redrive  [');
    scene.bury('z');
    expect((await redrive(...YES)).stderr.text).not.toContain('[#');
  });

  it('ends with 130 after Ctrl-C; the job goes on with --resume', async () => {
    for (let index = 0; index < 60; index += 1) scene.bury(`order-${index}`);
    const { code, stdout, stderr } = await scene.run(
      ['dead-letters', 'redrive', ...YES, '--rate', '1'],
      {
        meanwhile: async () => {
          while (sent().length === 0) await new Promise(setImmediate);
          return 'interrupted';
        },
      },
    );
    expect([code, stdout.text]).toEqual([130, '']);
    const [, id = ''] = /--resume (\S+)/.exec(stderr.text) ?? [];
    expect(sent().length).toBeLessThan(60);
    const resumed = await redrive('--resume', id);
    expect(resumed.code).toBe(0);
    expect(new Set(sent()).size).toBe(60);
  });

  it('leaves the job to a service with --detach, lists it and cancels it', async () => {
    scene.bury('a');
    const detached = await redrive(...YES, '--detach', '-o', 'json');
    const id = String(detached.stdout.json[0]?.['id']);
    expect(sent()).toEqual([]);
    expect((await redrive('--jobs')).stdout.text).toContain(`${id}\twaiting`);
    const cancelled = await redrive('--cancel', id, '--reason', 'wrong filter', '-o', 'json');
    expect(cancelled.stdout.json).toEqual([{ job: id, cancelled: true }]);
    const again = await redrive('--cancel', id, '--reason', 'x');
    expect([again.code, again.stderr.text]).toEqual([1, expect.stringContaining('REDRIVE_OVER')]);
  });

  it('refuses a second redrive of the same selection with exit code 4', async () => {
    scene.bury('a');
    await redrive(...YES, '--detach');
    const { code, stderr } = await redrive(...YES);
    expect([code, stderr.text]).toEqual([4, expect.stringContaining('REDRIVE_DUPLICATE')]);
  });

  it.each([
    [['--yes'], 2, '--reason is missing'],
    [['--rate', 'fast'], 2, '--rate is a whole number from 1 on'],
    [['orders.dead-letter/0/0', '--topic', 'orders'], 2, 'together make no sense'],
    [['--resume', 'nobody'], 2, 'REDRIVE_UNKNOWN'],
    [['--group', 'nobody', ...YES], 1, 'REDRIVE_NOTHING'],
  ])('%j ends with %d', async (flags, exit, message) => {
    scene.bury('a');
    const { code, stderr } = await redrive(...flags);
    expect(stderr.text).toContain(message);
    expect([code, sent()]).toEqual([exit, []]);
  });
});

describe('millrace activity', () => {
  it('tells who did what, why and what came of it', async () => {
    scene.bury('a');
    await redrive(...YES);
    const { code, stdout } = await scene.run([
      'activity',
      '--action',
      'redrive.start',
      '-o',
      'json',
    ]);
    expect(code).toBe(0);
    expect(stdout.json).toMatchObject([{ by: 'ada', reason: YES[2], action: 'redrive.start' }]);
    const other = await scene.run(['activity', '--action', 'nothing']);
    expect([other.stdout.text, other.stderr.text]).toEqual([
      '',
      'nobody did anything of the kind\n',
    ]);
  });
});

import { CliScene } from '../fakes/cli.scene';

const GROUP = 'orders-billing';
let scene: CliScene;
beforeEach(async () => {
  scene = new CliScene();
  await scene.serve(GROUP);
});
afterEach(() => scene.remove());

async function commit(next: bigint): Promise<void> {
  const offsets = [0, 1, 2].map((partition) => ({ topic: 'orders', partition, next }));
  await scene.driver().admin().setCommitted(GROUP, offsets);
}

describe('millrace lag', () => {
  it('shows committed, end and lag of every partition', async () => {
    await scene.place('a', 'b', 'c', 'd');
    await commit(0n);
    const { code, stdout } = await scene.run(['lag', '-o', 'json']);
    expect(code).toBe(0);
    expect(stdout.json.map(({ groupId, partition }) => [groupId, partition])).toEqual([
      [GROUP, 0],
      [GROUP, 1],
      [GROUP, 2],
    ]);
    const lag = stdout.json.reduce((sum, line) => sum + Number(line['lag']), 0);
    expect(lag).toBe(4);
    expect(stdout.json[0]).toMatchObject({ topic: 'orders', committed: '0', owner: null });
  });

  it('refuses a group that is not there, and names those that are', async () => {
    const { code, stderr } = await scene.run(['lag', 'nobody']);
    expect(code).toBe(2);
    expect(stderr.text).toContain(`there is no group "nobody"; there are: "${GROUP}"`);
  });

  it('reads again and again with --watch until Ctrl-C', async () => {
    const { code, stdout } = await scene.run(['lag', '-w', '--interval', '1s'], {
      meanwhile: async (outcome) => {
        while (outcome.stdout.lines.length < 9) await new Promise(setImmediate);
        return 'interrupted';
      },
    });
    expect(code).toBe(130);
    expect(stdout.text).not.toContain('\u001b');
  });
});

describe('millrace top', () => {
  it('tells what comes in and goes out per second between two readings', async () => {
    await scene.place('a', 'b', 'c');
    await commit(0n);
    const argv = ['top', '--count', '2', '--interval', '10s', '-o', 'json'];
    const record = { partition: 0, key: null, value: Buffer.from('x'), headers: [] };
    const { code, stdout } = await scene.run(argv, {
      meanwhile: async (outcome) => {
        while (outcome.stdout.lines.length < 1) await new Promise(setImmediate);
        scene.broker.append('orders', record);
      },
    });
    const [first, second] = stdout.json;
    expect(code).toBe(0);
    expect(first).toMatchObject({ groupId: GROUP, partitions: 3, inPerSecond: null, lag: 3 });
    expect(second).toMatchObject({ outPerSecond: 0, lag: 4, owners: 0 });
    expect(second?.['inPerSecond']).toBeCloseTo(0.1, 1);
  });

  it('redraws on a terminal only', async () => {
    const { stdout } = await scene.run(['top', '--count', '2'], { terminal: true });
    expect(stdout.text.split('\u001b[H\u001b[2J')).toHaveLength(3);
    expect(stdout.text).toContain('GROUP');
  });

  it.each([
    ['--interval', 'soon'],
    ['--count', '0'],
  ])('%s %s is wrong usage', async (...flags) => {
    expect((await scene.run(['top', ...flags])).code).toBe(2);
  });
});

describe('millrace describe', () => {
  it('shows handlers with topic, contract, group and what is held', async () => {
    await scene.run(['pause', '--group', GROUP, '--reason', 'bad batch']);
    const { code, stdout } = await scene.run(['describe', 'orders']);
    expect(code).toBe(0);
    expect(stdout.lines).toEqual([
      `orders\t${GROUP}\tBillingConsumer.onOrder\tsink\torders\torders.order.placed v2\tyes\tDead\t0\tpaused: bad batch`,
    ]);
  });

  it('shows what becomes of errors on a terminal', async () => {
    const { stdout } = await scene.run(['describe'], { terminal: true });
    expect(stdout.text).toContain('what becomes of errors');
    expect(stdout.text).toMatch(/infrastructure +wait +no +never/);
  });

  it('refuses a name that nobody has, and names those that are', async () => {
    const { code, stderr } = await scene.run(['describe', 'nobody']);
    expect(code).toBe(2);
    expect(stderr.text).toContain(`take one of: orders, ${GROUP}`);
  });
});

import { CliScene } from '../fakes/cli.scene';

let scene: CliScene;
beforeEach(() => {
  scene = new CliScene();
});
afterEach(() => scene.remove());

async function produce(...orders: readonly object[]): Promise<void> {
  const stdin = orders.map((order) => `${JSON.stringify(order)}\n`).join('');
  expect((await scene.run(['produce', 'orders'], { stdin })).code).toBe(0);
}

const order = (orderId: string, email?: string) => ({
  orderId,
  amount: 1,
  ...(email === undefined ? {} : { customer: { email } }),
});

describe('millrace tail', () => {
  it('prints the last events of all partitions, oldest first', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await produce(order(id));
    const { code, stdout } = await scene.run(['tail', 'orders', '-n', '3', '-o', 'json']);
    expect(code).toBe(0);
    expect(stdout.json.map(({ key }) => key)).toEqual(['c', 'd', 'e']);
    expect(stdout.json[0]).toEqual({
      ...{ topic: 'orders', partition: expect.any(Number) as number, key: 'c' },
      ...{ offset: expect.stringMatching(/^\d+$/) as string, contract: 'orders.order.placed v2' },
      ...{ timestamp: expect.any(String) as string, eventId: expect.any(String) as string },
      event: order('c'),
    });
  });

  it('masks personal data', async () => {
    await produce(order('a', 'canary@example.com'));
    const { stdout } = await scene.run(['tail', 'orders', '-o', 'json']);
    expect(stdout.text).not.toContain('canary');
    expect(stdout.json[0]?.['event']).toMatchObject({ customer: { email: '[masked]' } });
  });

  it('refuses --value-only where something is masked: it would be published as if it were real', async () => {
    await produce(order('a'));
    const { code, stderr } = await scene.run(['tail', 'orders', '--value-only']);
    expect(code).toBe(2);
    expect(stderr.text).toContain('personal data');
  });

  it('[G-06] writes what produce reads', async () => {
    const stdin = '{"orderId":"a"}\n{"orderId":"b"}\n';
    await scene.run(['produce', 'shipments'], { stdin });
    const values = await scene.run(['tail', 'shipments', '--value-only']);
    expect(values.stdout.text).toBe(stdin);
    const whole = await scene.run(['tail', 'shipments', '-o', 'json']);
    const again = await scene.run(['produce', 'shipments', '--envelope', '-o', 'json'], {
      stdin: whole.stdout.text,
    });
    const ids = whole.stdout.json.map(({ eventId }) => eventId);
    expect(again.stdout.json.map(({ eventId }) => eventId)).toEqual(ids);
  });

  it('tells what cannot be read by the contract instead of stopping', async () => {
    scene.broker.createTopic({ topic: 'orders', partitions: 1 });
    const append = (value: string) =>
      scene.broker.append('orders', {
        partition: 0,
        key: null,
        value: Buffer.from(value),
        headers: [],
      });
    append('not json');
    append('{"orderId":"a","amount":-1}');
    append('{"orderId":"b","amount":1}');
    const { code, stdout } = await scene.run(['tail', 'orders', '-o', 'json']);
    expect(code).toBe(0);
    expect(
      stdout.json.map(({ event, error }) => event ?? (error as { code: string }).code),
    ).toEqual(['CODEC_MALFORMED', 'CONTRACT_INVALID', { orderId: 'b', amount: 1 }]);
  });

  it('begins at a time or at the beginning, and keeps to a partition', async () => {
    await produce(order('a'));
    await scene.clock.advance(60_000);
    await produce(order('b'));
    const keysOf = async (...flags: readonly string[]) => {
      const { stdout } = await scene.run(['tail', 'orders', '-o', 'json', ...flags]);
      return stdout.json.map(({ key }) => key);
    };
    expect(await keysOf('--from', '30s')).toEqual(['b']);
    expect([...(await keysOf('--from', 'beginning', '-n', '0'))].sort()).toEqual(['a', 'b']);
    expect(await keysOf('-n', '0')).toEqual([]);
    const partition = scene.broker
      .records('orders')
      .find(({ key }) => String(key) === 'b')?.partition;
    expect(await keysOf('--partition', String(partition))).toContain('b');
  });

  it('goes on with what comes until Ctrl-C, and leaves no group behind', async () => {
    await produce(order('a'));
    const { code, stdout } = await scene.run(['tail', 'orders', '-f', '-o', 'json'], {
      meanwhile: async (outcome) => {
        while (outcome.stdout.lines.length < 1) await new Promise(setImmediate);
        await produce(order('b'));
        while (outcome.stdout.lines.length < 2) await new Promise(setImmediate);
        return 'interrupted';
      },
    });
    expect(code).toBe(130);
    expect(stdout.json.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(scene.broker.groups).toEqual([]);
  });

  it.each([
    [['tail', 'orders', '--from', 'yesterday'], '--from is no time: "yesterday"'],
    [['tail', 'orders', '-n', '-3'], '--lines is a whole number'],
    [['tail', 'orders', '--partition', '9'], 'has partitions 0 to 2'],
    [['tail', 'shipments'], 'topic "shipments" does not exist'],
  ])('%j is wrong usage', async (argv, message) => {
    await produce(order('a'));
    const { code, stderr } = await scene.run(argv);
    expect(code).toBe(2);
    expect(stderr.text).toContain(message);
  });
});

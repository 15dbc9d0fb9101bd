import { CliScene } from '../fakes/cli.scene';

let scene: CliScene;
beforeEach(() => {
  scene = new CliScene();
});
afterEach(() => scene.remove());

const order = (orderId: string, amount = 1) => JSON.stringify({ orderId, amount });
const lines = (...texts: readonly string[]) => texts.map((text) => `${text}\n`).join('');
const headersOf = (at = 0) =>
  Object.fromEntries(
    (scene.broker.records('orders')[at]?.headers ?? []).map(([name, value]) => [
      name,
      String(value),
    ]),
  );

describe('millrace produce', () => {
  it('[G-06] publishes JSON lines from standard input as events of the contract', async () => {
    const stdin = lines(order('a'), order('b'));
    const { code, stdout, stderr } = await scene.run(['produce', 'orders.order.placed'], { stdin });
    expect([code, stderr.text]).toEqual([0, '']);
    expect(stdout.lines).toEqual(['topic\torders', 'sent\t2', 'refused\t0']);
    const keys = scene.broker
      .records('orders')
      .map(({ key }) => String(key))
      .sort();
    expect(keys).toEqual(['a', 'b']);
    expect(headersOf()).toMatchObject({
      ...{ ce_type: 'orders.order.placed', 'contract-version': '2', ce_source: 'millrace-cli' },
      ce_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
  });

  it('[G-06] reads a file, and makes the topic as the contract says', async () => {
    scene.write('orders.ndjson', order('a'));
    const { code } = await scene.run(['produce', 'orders', '--file', 'orders.ndjson']);
    expect(code).toBe(0);
    expect(scene.broker.describeTopic('orders').partitions).toBe(3);
    expect(scene.broker.records('orders')).toHaveLength(1);
  });

  it('tells a bad line with its number, publishes the others, and exits with 1', async () => {
    const stdin = lines(
      order('a'),
      '{"orderId":"canary-1","amount":0}',
      '',
      'canary-2 {',
      order('b'),
    );
    const { code, stdout, stderr } = await scene.run(['produce', 'orders'], { stdin });
    expect([code, stdout.lines]).toEqual([1, ['topic\torders', 'sent\t2', 'refused\t2']]);
    expect(stderr.lines).toEqual([
      'line 2: CONTRACT_INVALID  orders.order.placed v2: amount: must be a number above 0',
      'line 4: CODEC_MALFORMED  the value is not JSON',
    ]);
    expect(scene.broker.records('orders')).toHaveLength(2);
  });

  it('[S10] refuses a line that a parser would change without a word', async () => {
    const stdin = lines(
      '{"orderId":"a","amount":9007199254740993}',
      '{"orderId":"a","orderId":"b"}',
    );
    const { code, stderr } = await scene.run(['produce', 'orders'], { stdin });
    expect([code, stderr.lines]).toEqual([
      1,
      [
        'line 1: CODEC_MALFORMED  the JSON has an integer that a number cannot hold',
        'line 2: CODEC_MALFORMED  the JSON has one key twice in an object',
      ],
    ]);
    expect(scene.broker.records('orders')).toEqual([]);
  });

  it('gives one JSON line per line with -o json', async () => {
    const stdin = lines(order('a'), 'x');
    const { stdout } = await scene.run(['produce', 'orders', '-o', 'json'], { stdin });
    const byLine = [...stdout.json].sort((a, b) => Number(a['line']) - Number(b['line']));
    expect(byLine).toEqual([
      {
        ...{ line: 1, status: 'acked', topic: 'orders', partition: expect.any(Number) as number },
        ...{ offset: '0', eventId: expect.any(String) as string },
      },
      { line: 2, status: 'refused', code: 'CODEC_MALFORMED', message: 'the value is not JSON' },
    ]);
  });

  it('takes event and event id from lines of tail with --envelope', async () => {
    const stdin = lines(
      `{"offset":"7","eventId":"id-1","event":${order('a')}}`,
      `{"eventId":7,"event":${order('b')}}`,
      `{"eventId":"with space","event":${order('c')}}`,
      `[]`,
    );
    const { code, stderr } = await scene.run(['produce', 'orders', '--envelope'], { stdin });
    expect(code).toBe(1);
    expect(stderr.lines.map((line) => line.split('  ', 1)[0])).toEqual([
      'line 2: EVENT_ID_INVALID',
      'line 3: EVENT_ID_INVALID',
      'line 4: CONTRACT_INVALID',
    ]);
    expect(headersOf()['ce_id']).toBe('id-1');
  });

  it('only validates with --dry-run: no server is opened', async () => {
    const stdin = lines(order('a'), 'x');
    const { code, stdout } = await scene.run(['produce', 'orders', '--dry-run'], { stdin });
    expect([code, stdout.lines]).toEqual([1, ['topic\torders', 'valid\t1', 'refused\t1']]);
    expect(scene.opened).toEqual([]);
  });

  it('refuses a line that is longer than 4 MiB and goes on after it', async () => {
    const long = `{"orderId":"${'x'.repeat(5 * 1024 * 1024)}"}`;
    const { code, stderr } = await scene.run(['produce', 'orders'], {
      stdin: lines(long, order('a')),
    });
    expect([code, stderr.lines]).toEqual([1, ['line 1: CODEC_MALFORMED  the line is too long']]);
    expect(scene.broker.records('orders')).toHaveLength(1);
  });

  it('publishes more lines than one batch holds', async () => {
    const stdin = lines(...Array.from({ length: 1_203 }, (_, at) => order(`order-${at}`)));
    const { stdout } = await scene.run(['produce', 'orders'], { stdin });
    expect(stdout.lines).toContain('sent\t1203');
    expect(scene.broker.records('orders')).toHaveLength(1_203);
  });

  it('tells what the brokers did not take, and exits with 3', async () => {
    scene.broker.createTopic({ topic: 'orders', partitions: 3 });
    scene.broker.faults.brokerDown();
    const { code, stderr } = await scene.run(['produce', 'orders'], { stdin: lines(order('a')) });
    expect(code).toBe(3);
    expect(stderr.text).toContain('MEMORY_BROKER_DOWN');
  });

  it.each([
    [
      ['produce', 'no-such'],
      'CLI_CONTRACT_UNKNOWN',
      'orders.order.placed v2, orders.order.shipped v1',
    ],
    [['produce', 'orders', '--file', 'absent'], 'CLI_FILE_UNREADABLE', 'absent'],
  ])('%j is refused with %s', async (argv, code, text) => {
    const outcome = await scene.run(argv);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr.text).toContain(code);
    expect(outcome.stderr.text).toContain(text);
  });
});

import { CliScene } from '../fakes/cli.scene';

let scene: CliScene;
beforeEach(() => {
  scene = new CliScene();
});
afterEach(() => scene.remove());

const letters = (...argv: readonly string[]) => scene.run(['dead-letters', ...argv]);
const keysOf = async (...argv: readonly string[]) => {
  const { code, stdout } = await letters('ls', '-o', 'json', ...argv);
  expect(code).toBe(0);
  return stdout.json.map(({ key }) => key);
};

describe('millrace dead-letters ls', () => {
  it('[OPS-05] lists what failed with place, reason, group and message', async () => {
    scene.bury('a');
    const { code, stdout } = await letters('ls', '-o', 'json');
    expect(code).toBe(0);
    expect(stdout.json).toMatchObject([
      {
        position: { topic: 'orders.dead-letter', partition: 0, offset: '0' },
        ...{ reason: 'handler-permanent', errorCode: 'CUSTOMER_UNKNOWN', key: 'a' },
        ...{ groupId: 'orders-billing', eventId: 'id-a', redriveCount: 0, parked: false },
      },
    ]);
    expect(stdout.text).not.toContain('canary');
  });

  it('shows so many, and tells that there are more', async () => {
    for (const id of ['a', 'b', 'c']) scene.bury(id);
    const { stdout, stderr } = await letters('ls', '--limit', '2');
    expect(stdout.lines).toHaveLength(2);
    expect(stderr.text).toContain('the first 2 are shown, there are more');
    const all = await letters('ls', '--limit', '3');
    expect([all.stdout.lines.length, all.stderr.text]).toEqual([3, '']);
  });

  it('finds by every filter', async () => {
    scene.bury('a');
    await scene.clock.advance(60_000);
    scene.bury('b', {
      'dead-letter-reason': 'malformed',
      'dead-letter-error-code': 'CODEC_MALFORMED',
      'dead-letter-consumer-group': 'orders-mail',
      'dead-letter-contract': 'orders.order.placed v1',
    });
    for (const [flags, keys] of [
      [
        ['--topic', 'orders'],
        ['a', 'b'],
      ],
      [['--group', 'orders-mail'], ['b']],
      [['--since', '30s'], ['b']],
      [['--until', '2024-01-01T00:00:30Z'], ['a']],
      [['--filter', 'reason=malformed'], ['b']],
      [['--filter', 'code=CUSTOMER_UNKNOWN'], ['a']],
      [['--filter', 'key=b'], ['b']],
      [['--filter', 'contract=orders.order.placed v2'], ['a']],
      [['--filter', 'group=orders-billing', '--filter', 'key=b'], []],
      [['--topic', 'orders', '--filter', 'partition=0', '--filter', 'from-offset=1'], ['b']],
      [
        [
          '--topic',
          'orders',
          '--filter',
          'partition=0',
          '--filter',
          'from-offset=0',
          '--filter',
          'to-offset=1',
        ],
        ['a'],
      ],
      [['--filter', 'parked=only'], []],
    ] as const) {
      expect([flags, await keysOf(...flags)]).toEqual([flags, keys]);
    }
  });

  it('counts by what went wrong with --summary', async () => {
    scene.bury('a');
    scene.bury('b');
    scene.bury('c', {
      'dead-letter-reason': 'malformed',
      'dead-letter-error-code': 'CODEC_MALFORMED',
    });
    const { stdout } = await letters('ls', '--summary', '-o', 'json');
    const counts = stdout.json.map(({ count, errorCode }) => [count, errorCode]);
    expect(counts.sort()).toEqual([
      [1, 'CODEC_MALFORMED'],
      [2, 'CUSTOMER_UNKNOWN'],
    ]);
  });

  it('says that nothing fits', async () => {
    scene.bury('a');
    const { code, stdout, stderr } = await letters('ls', '--group', 'nobody');
    expect([code, stdout.text, stderr.text]).toEqual([0, '', 'no dead letter fits\n']);
  });

  it.each([
    [['--filter', 'colour=red'], 'names: topic, reason, code'],
    [['--filter', 'reason'], '--filter does not know'],
    [['--filter', 'reason=tired'], 'there is no reason "tired"'],
    [['--filter', 'parked=maybe'], 'parked is'],
    [['--topic', 'a', '--filter', 'topic=b'], 'is given twice'],
    [['--since', 'soon'], '--since is no time'],
    [['--limit', '0'], '--limit is a whole number from 1 on'],
    [['--topic', 'absent'], 'DEADLETTER_FILTER_INVALID'],
  ])('%j is exit code 2', async (flags, message) => {
    scene.bury('a');
    const { code, stdout, stderr } = await letters('ls', ...flags);
    expect([code, stdout.text]).toEqual([2, '']);
    expect(stderr.text).toContain(message);
  });
});

describe('millrace dead-letters show', () => {
  it('shows headers and the value with personal data masked', async () => {
    scene.bury('a');
    const { code, stdout, stderr } = await letters('show', 'orders.dead-letter/0/0');
    expect(code).toBe(0);
    expect(stdout.text).toContain('original\torders/0/7');
    expect(stdout.text).toContain('dead-letter-error-code\tCUSTOMER_UNKNOWN');
    expect(stdout.text).toContain('[masked]');
    expect(stdout.text).not.toContain('canary');
    expect(stderr.text).toContain('masked: customer.email');
  });

  it('shows it as it is with --reveal and a reason, which is audited first', async () => {
    scene.bury('a');
    const refused = await letters('show', 'orders.dead-letter/0/0', '--reveal');
    expect([refused.code, refused.stdout.text]).toEqual([2, '']);
    const flags = ['--reveal', '--reason', 'customer asks', '-o', 'json'];
    const { stdout } = await letters('show', 'orders.dead-letter/0/0', ...flags);
    expect(stdout.text).toContain('canary@example.com');
    expect(await scene.audit.list()).toMatchObject([
      { action: 'dead-letters.reveal', by: 'ada', reason: 'customer asks' },
    ]);
  });

  it.each([
    ['orders', 'is no position of a record'],
    ['orders/0/x', 'is no position of a record'],
    ['orders.dead-letter/0/9', 'DEADLETTER_NOT_FOUND'],
  ])('%s is exit code 2', async (position, message) => {
    scene.bury('a');
    const { code, stderr } = await letters('show', position);
    expect(stderr.text).toContain(message);
    expect(code).toBe(2);
  });
});

describe('millrace dead-letters export', () => {
  it('writes JSON lines whatever the output is', async () => {
    scene.bury('a');
    scene.bury('b');
    const { code, stdout } = await letters('export', '--topic', 'orders');
    expect(code).toBe(0);
    expect(stdout.json).toHaveLength(2);
    expect(stdout.text).not.toContain('canary');
  });
});

describe('millrace dead-letters park', () => {
  it('[RD10] puts letters aside and takes them back, audited', async () => {
    scene.bury('a');
    scene.bury('b');
    const position = 'orders.dead-letter/0/0';
    const dry = await letters('park', position, '--reason', 'x', '--dry-run');
    expect([dry.stdout.text, await keysOf()]).toEqual([
      `${position}\twould be parked\n`,
      ['a', 'b'],
    ]);
    const { code, stdout } = await letters('park', position, '--reason', 'refunded by hand');
    expect([code, stdout.text]).toEqual([0, `${position}\tparked\n`]);
    expect(await keysOf()).toEqual(['b']);
    expect(await keysOf('--filter', 'parked=only')).toEqual(['a']);
    await letters('park', position, '--undo', '--reason', 'not yet');
    expect(await keysOf()).toEqual(['a', 'b']);
    const actions = (await scene.audit.list()).map(({ by, reason }) => [by, reason]);
    expect(actions).toEqual([
      ['ada', 'not yet'],
      ['ada', 'refunded by hand'],
    ]);
  });

  it('needs a reason', async () => {
    scene.bury('a');
    const { code, stderr } = await letters('park', 'orders.dead-letter/0/0');
    expect([code, stderr.text]).toEqual([2, expect.stringContaining('--reason is missing')]);
  });
});

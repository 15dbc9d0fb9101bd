import { randomBytes } from 'node:crypto';
import { PriceQuoted } from 'millrace/events';
import { eventually } from 'millrace/testing';
import { ROOT } from '../e2e/checkout';
import { KafkaLog } from '../e2e/kafka-log';
import { CLOSED, linesOf, millrace, millraceOnTerminal } from './cli/command';
import type { CommandEnv } from './cli/command';
import { ProcessorService } from './cli/service';
import { runPiped } from './cli/terminal';

const GROUP = 'metals-processor';

const TOPIC = PriceQuoted.topic;
const DEAD_LETTER_TOPIC = `${TOPIC}.dead-letter`;

let env: CommandEnv;
let kafka: KafkaLog;
let service: ProcessorService | undefined;
beforeAll(async () => {
  env = {
    ...{ KAFKA_BROKERS: required('KAFKA_BROKERS'), MONGODB_URI: required('MONGODB_URI') },
    MONGODB_DATABASE: `steering_cli_${randomBytes(4).toString('hex')}`,
  };
  kafka = new KafkaLog(required('KAFKA_BROKERS'));
  await kafka.connect();
  // The first command builds what is stale.
  expect(await millrace(['--version'], env)).toMatchObject({ code: 0 });
}, 400_000);
afterAll(async () => {
  await service?.stop();
  await kafka.close();
}, 60_000);

function required(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set: run npm run test:steering`);
  return value;
}

const price = (metal: string, value: number) =>
  JSON.stringify({ metal, price: value, currency: 'USD', observedAt: '2024-01-31T00:00:00Z' });

describe('the compiled command on real servers', () => {
  it('[OPS-05] [G-06] produces, shows lag and dead letters, redrives, parks and exports', async () => {
    service = await ProcessorService.start(env);

    const good = ['gold', 'silver', 'copper'].map((metal) => price(metal, 10)).join('\n');
    const produced = await millrace(['produce', TOPIC, '-o', 'json'], env, `${good}\nnonsense\n`);
    expect([produced.code, produced.stderr]).toEqual([
      1,
      'line 4: CODEC_MALFORMED  the value is not JSON\n',
    ]);
    expect(linesOf(produced).filter(({ status }) => status === 'acked')).toHaveLength(3);

    // Only another program can publish what breaks the contract.
    await kafka.send(TOPIC, [poison(0), poison(1)]);
    const since = new Date(Date.now() - 120_000).toISOString();
    const filter = ['--topic', TOPIC, '--group', GROUP, '--since', since];
    const letters = async () =>
      linesOf(await millrace(['dead-letters', 'ls', ...filter, '-o', 'json'], env));
    await eventually(async () => (await letters()).length === 2, { timeoutMs: 120_000 });
    const [letter] = await letters();
    expect(letter).toMatchObject({
      reason: 'contract-invalid',
      errorCode: 'CONTRACT_INVALID',
      groupId: GROUP,
      redriveCount: 0,
    });

    const lag = async () =>
      linesOf(await millrace(['lag', GROUP, '-o', 'json'], env)).filter(
        ({ topic }) => topic === TOPIC,
      );
    await eventually(async () => (await lag()).every((line) => line['lag'] === 0), {
      timeoutMs: 120_000,
    });
    expect(await lag()).toHaveLength(12);
    expect((await lag())[0]).toMatchObject({
      groupId: GROUP,
      owner: { clientId: expect.any(String) as string },
    });

    const { topic, partition, offset } = letter?.['position'] as Record<string, unknown>;
    const position = `${String(topic)}/${String(partition)}/${String(offset)}`;
    expect(topic).toBe(DEAD_LETTER_TOPIC);
    const shown = await millrace(['dead-letters', 'show', position], env);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('dead-letter-error-code\tCONTRACT_INVALID');

    const dry = await millrace(['dead-letters', 'redrive', ...filter, '-o', 'json'], env);
    expect(linesOf(dry)).toMatchObject([
      {
        dryRun: true,
        matching: 2,
        byTarget: [{ topic: `${TOPIC}.retry.0`, groupId: GROUP, count: 2 }],
      },
    ]);
    const sent = await millrace(
      [
        'dead-letters',
        'redrive',
        ...filter,
        '--yes',
        '--reason',
        'try again',
        '--by',
        'ada',
        '-o',
        'json',
      ],
      env,
    );
    expect([sent.code, sent.stderr]).toEqual([0, '']);
    expect(linesOf(sent)).toMatchObject([{ state: 'done', progress: { redriven: 2, failed: 0 } }]);
    // Nothing was mended, so both come back, counted.
    await eventually(
      async () => (await letters()).filter(({ redriveCount }) => redriveCount === 1).length === 2,
      { timeoutMs: 120_000 },
    );

    const parked = await millrace(
      ['dead-letters', 'park', position, '--reason', 'settled by hand'],
      env,
    );
    expect([parked.code, parked.stdout]).toEqual([0, `${position}\tparked\n`]);
    expect(await letters()).toHaveLength(3);
    const exported = linesOf(await millrace(['dead-letters', 'export', ...filter], env));
    expect(exported).toHaveLength(3);

    const activity = linesOf(await millrace(['activity', '-o', 'json'], env));
    expect(activity.map(({ action, by }) => [action, by])).toEqual(
      expect.arrayContaining([
        ['redrive.start', 'ada'],
        ['dead-letters.park', expect.any(String) as string],
      ]),
    );
  }, 400_000);

  it('[CON-09] pauses a partition of the running service and lets it go on', async () => {
    const target = [
      '--group',
      GROUP,
      '--topic',
      TOPIC,
      '--partition',
      '3',
      '--reason',
      'bad batch',
    ];
    expect((await millrace(['pause', ...target], env)).code).toBe(0);
    const applied = async () =>
      linesOf(await millrace(['pauses', '-o', 'json'], env))[0]?.['applied'] === '1 of 1';
    await eventually(applied, { timeoutMs: 120_000 });
    expect((await millrace(['resume', ...target], env)).code).toBe(0);
    expect(linesOf(await millrace(['pauses', '-o', 'json'], env))).toEqual([]);
  }, 240_000);

  it('[G-06] tail writes what produce reads', async () => {
    const tailed = await millrace(['tail', TOPIC, '-n', '500', '-o', 'json'], env);
    expect(tailed.code).toBe(0);
    const events = linesOf(tailed).filter(({ event }) => event !== undefined);
    expect(events.length).toBeGreaterThanOrEqual(3);
    const input = events
      .slice(-3)
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');
    const again = await millrace(
      ['produce', TOPIC, '--envelope', '--dry-run', '-o', 'json'],
      env,
      input,
    );
    expect(linesOf(again)).toMatchObject(
      events.slice(-3).map(({ eventId }) => ({ eventId, status: 'valid' })),
    );
  }, 120_000);

  it('doctor finds servers and topics', async () => {
    const { code, stdout } = await millrace(['doctor'], env);
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining(`ok\ttopic ${TOPIC}\t12 partitions`),
    ]);
  }, 120_000);

  it('a reader that goes away ends it silently', async () => {
    const piped = await runPiped(
      'sh',
      ['-c', `'${process.execPath}' tools/millrace/main.mjs config | head -1`],
      {
        cwd: ROOT,
        env: { PATH: process.env['PATH'], ...env },
      },
    );
    expect([piped.code, piped.stderr]).toEqual([0, '']);
    expect(piped.stdout.split('\n')).toHaveLength(2);
  }, 120_000);

  it.each([
    [['fly'], 2, 'CLI_USAGE'],
    [['lag'], 3, '_UNAVAILABLE'],
    [['pauses'], 3, 'SINK_UNAVAILABLE'],
    [['doctor'], 3, ''],
  ])(
    '%j ends with %d when no server answers, without a password and a stack',
    async (args, code, text) => {
      const ended = await millrace(args, CLOSED);
      expect(ended.stderr).toContain(text);
      expect(ended.code).toBe(code);
      expect(ended.stdout + ended.stderr).not.toMatch(/canary|^ {4}at /m);
    },
    60_000,
  );

  it('asks for the name of the pipeline before it changes production, only on a terminal', async () => {
    const production = { ...env, NODE_ENV: 'production' };
    const args = ['pause', '--group', GROUP, '--topic', TOPIC, '--partition', '5', '--reason', 'x'];
    expect((await millrace(args, production, `${GROUP}\n`)).code).toBe(4);
    const other = await millraceOnTerminal(args, production, 'other\n');
    expect(other.screen).toContain(`type ${GROUP} to go on:`);
    expect(other.code).toBe(4);
    expect((await millraceOnTerminal(args, production, `${GROUP}\n`)).code).toBe(0);
    expect((await millrace(['resume', ...args.slice(1), '--yes'], production)).code).toBe(0);
  }, 90_000);
});

function poison(partition: number) {
  const value = Buffer.from(JSON.stringify({ metal: 'gold', price: -1 }));
  return { partition, key: Buffer.from('gold'), value, headers: [] };
}

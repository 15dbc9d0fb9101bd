import { CliScene } from './fakes/cli.scene';
import type { Call } from './fakes/cli.scene';

const GROUP = 'orders-billing';
const PRODUCTION = { NODE_ENV: 'production' };
let scene: CliScene;
beforeEach(async () => {
  scene = new CliScene();
  await scene.serve(GROUP);
});
afterEach(() => scene.remove());

const pause = (call: Call, ...flags: readonly string[]) =>
  scene.run(['pause', '--group', GROUP, '--reason', 'x', ...flags], { env: PRODUCTION, ...call });
const isPaused = async () => (await scene.controls.read()).pauses.length > 0;

describe('a change of production', () => {
  it('is refused with exit code 4 where nobody can be asked, and nothing is asked', async () => {
    const { code, stdout, stderr } = await pause({});
    expect([code, stdout.text, await isPaused()]).toEqual([4, '', false]);
    expect(stderr.text).toContain('CLI_CONFIRMATION_MISSING');
    expect(stderr.text).not.toContain('type ');
  });

  it.each([
    ['standard input is a pipe', { terminal: true, stdin: `${GROUP}\n` }],
    ['standard error is a file', { typed: `${GROUP}\n` }],
  ])('is refused without a question when %s', async (_name, call) => {
    const { code } = await pause(call);
    expect([code, await isPaused()]).toEqual([4, false]);
  });

  it('is done when the name is typed on a terminal', async () => {
    const { code, stderr } = await pause({ terminal: true, typed: `${GROUP}\n` });
    expect([code, await isPaused()]).toEqual([0, true]);
    expect(stderr.text).toBe(`production: pause group "${GROUP}"\ntype ${GROUP} to go on: `);
  });

  it.each(['yes\n', '\n', ''])('is refused when %j is typed', async (typed) => {
    const { code, stderr } = await pause({ terminal: true, typed });
    expect([code, await isPaused()]).toEqual([4, false]);
    expect(stderr.text).toContain('CLI_CONFIRMATION_');
  });

  it('is done with --yes and --reason', async () => {
    expect([(await pause({}, '--yes')).code, await isPaused()]).toEqual([0, true]);
  });

  it('needs a reason beside --yes also where nothing is audited', async () => {
    const call = { env: PRODUCTION, stdin: '{"orderId":"a","amount":1}\n' };
    expect((await scene.run(['produce', 'orders', '--yes'], call)).code).toBe(4);
    expect(scene.broker.records('orders')).toEqual([]);
    expect((await scene.run(['produce', 'orders', '--yes', '--reason', 'x'], call)).code).toBe(0);
  });

  it('is looked at with --dry-run without a question', async () => {
    expect([(await pause({}, '--dry-run')).code, await isPaused()]).toEqual([0, false]);
  });

  it('is known from an env file too', async () => {
    scene.write('prod.env', 'NODE_ENV=production\n');
    const { code } = await pause({ env: {} }, '--env-file', 'prod.env');
    expect(code).toBe(4);
  });

  it.each([
    ['replay', ['replay', '--group', GROUP, '--topic', 'orders', '--yes']],
    ['dead-letters redrive', ['dead-letters', 'redrive', '--yes']],
  ])('%s with --yes and without --reason is wrong usage', async (_name, argv) => {
    const { code, stderr } = await scene.run(argv, { env: PRODUCTION });
    expect([code, stderr.text]).toEqual([2, expect.stringContaining('--reason is missing')]);
  });
});

describe('a change elsewhere', () => {
  it('is done without a question', async () => {
    expect([(await pause({ env: {} })).code, await isPaused()]).toEqual([0, true]);
  });
});

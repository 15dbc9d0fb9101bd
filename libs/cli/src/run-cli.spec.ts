import { defineError } from 'millrace/errors';
import { CliScene } from './fakes/cli.scene';

let scene: CliScene;
beforeEach(() => {
  scene = new CliScene();
});
afterEach(() => scene.remove());

class OutageError extends defineError({
  code: 'KAFKA_UNAVAILABLE',
  failure: 'infrastructure',
  summary: 'no broker answers',
  likelyCause: 'the brokers are down',
  fix: 'start them',
}) {}

describe('millrace', () => {
  it.each([[['--help']], [['-h']], [['dead-letters', '--help']], [['produce', '--help']]])(
    'prints help for %j, opens nothing and exits with 0',
    async (argv) => {
      const { code, stdout, stderr } = await scene.run(argv);
      expect([code, stderr.text, scene.opened]).toEqual([0, '', []]);
      expect(stdout.text).toContain('Usage: millrace');
    },
  );

  it('prints its version', async () => {
    const { code, stdout } = await scene.run(['--version']);
    expect([code, stdout.text]).toEqual([0, '1.2.3\n']);
  });

  it('names every verb and the exit codes in its help', async () => {
    const { stdout } = await scene.run(['--help']);
    const verbs =
      'dead-letters replay pause resume pauses lag top describe tail produce contracts lint config doctor';
    for (const verb of verbs.split(' '))
      expect(stdout.text).toMatch(new RegExp(`^  ${verb} `, 'm'));
    for (const code of ['0 done', '1 ', '2 ', '3 ', '4 ', '130 interrupted']) {
      expect(stdout.text).toContain(code);
    }
  });

  it.each([
    [[], 'a verb is missing', 'millrace --help'],
    [['dead-letters'], 'a verb is missing', 'millrace dead-letters --help'],
    [['dead-letters', 'eat'], "unknown command 'eat'", 'millrace dead-letters --help'],
    [['fly'], "unknown command 'fly'", 'millrace --help'],
    [['lagg'], 'Did you mean lag?', 'millrace --help'],
    [
      ['dead-letters', 'show'],
      "missing required argument 'position'",
      'millrace dead-letters show --help',
    ],
    [
      ['pause', '--reason', 'x'],
      "required option '--group <group>' not specified",
      'millrace pause --help',
    ],
    [['lag', '--colour'], "unknown option '--colour'", 'millrace lag --help'],
    [['lag', '-o', 'xml'], "argument 'xml' is invalid", 'millrace lag --help'],
    [['describe', 'a', 'b'], 'too many arguments', 'millrace describe --help'],
  ])(
    '%j is wrong usage: exit code 2, five parts, nothing on standard output',
    async (argv, message, fix) => {
      const { code, stdout, stderr } = await scene.run(argv);
      expect([code, stdout.text]).toEqual([2, '']);
      const [first, cause, fixed, docs, ...more] = stderr.lines;
      expect(first).toMatch(/^CLI_USAGE {2}/);
      expect(first).toContain(message);
      expect(cause).toMatch(/^ {2}cause {3}\S/);
      expect(fixed).toBe(`  try     ${fix}`);
      expect(docs).toBe('  docs    docs/errors.md#cli_usage');
      expect(more).toEqual([]);
    },
  );

  it('closes what it opened, also when the verb fails', async () => {
    await scene.run(['pauses']);
    expect(scene.closed).toBe(1);
    scene.outage = new OutageError();
    const { code } = await scene.run(['pauses']);
    expect([code, scene.closed]).toEqual([3, 2]);
  });

  it('tells an error that nobody foresaw without its message, which may hold a secret', async () => {
    scene.outage = new Error('connect mongodb://ops:canary@db failed');
    const { code, stdout, stderr } = await scene.run(['pauses']);
    expect([code, stdout.text]).toEqual([1, '']);
    expect(stderr.text).toContain('CLI_UNEXPECTED  the command broke: Error');
    expect(stderr.text).not.toContain('canary');
    expect(stderr.text).not.toContain('    at ');
  });

  it('shows where it broke with --verbose', async () => {
    scene.outage = new Error('broken');
    const { stderr } = await scene.run(['pauses', '--verbose']);
    expect(stderr.text).toMatch(/^ {4}at /m);
  });

  it('finds the coded error below a foreign one', async () => {
    scene.outage = new Error('outer', { cause: new OutageError() });
    const { code, stderr } = await scene.run(['pauses']);
    expect(code).toBe(3);
    expect(stderr.text).toContain('KAFKA_UNAVAILABLE');
  });

  it('never lets foreign text steer the terminal', async () => {
    scene.outage = new OutageError({ message: 'down \u001b[2J\u009b31m\u202e' });
    const { stderr } = await scene.run(['pauses'], { terminal: true });
    expect(stderr.text).toContain('down \\u001b[2J\\u009b31m\\u202e');
  });

  it('ends with 130 after Ctrl-C, and with 0 when nobody reads its output any more', async () => {
    const follow = ['top', '--interval', '1h'];
    const interrupted = await scene.run(follow, { meanwhile: async () => 'interrupted' });
    expect([interrupted.code, interrupted.stderr.text]).toEqual([130, '']);
    const closed = await scene.run(follow, { meanwhile: async () => 'output-closed' });
    expect([closed.code, closed.stderr.text]).toEqual([0, '']);
  });
});

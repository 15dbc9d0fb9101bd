import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PriceQuoted } from 'millrace/events';
import { ROOT } from '../e2e/checkout';
import { CLOSED, millrace, millraceOnTerminal } from './cli/command';
import { runPiped } from './cli/terminal';

const TOPIC = PriceQuoted.topic;

// The first command builds what is stale.
beforeAll(async () => {
  expect(await millrace(['--version'], CLOSED)).toMatchObject({ code: 0 });
}, 400_000);

describe('the compiled command on a terminal and in a pipe', () => {
  const settings = { ...CLOSED, NODE_ENV: 'test', KAFKA_LINGER_MS: 'soon', HTTP_PORT: '8080' };

  it.each([
    ['help', ['--help'], 0],
    ['help-redrive', ['dead-letters', 'redrive', '--help'], 0],
    ['contracts-ls', ['contracts', 'ls'], 0],
    ['lint', ['lint'], 1],
    ['usage', ['dead-letters', 'show'], 2],
    [
      'dry-run',
      ['produce', TOPIC, '--dry-run', '--file', 'test/steering/cli/bad-prices.ndjson'],
      1,
    ],
  ])(
    '%s',
    async (name, args, code) => {
      const shown = await millraceOnTerminal(args, settings);
      const piped = await millrace(args, settings);
      expect([shown.code, piped.code]).toEqual([code, code]);
      const parts = [
        `$ millrace ${args.join(' ')}`,
        '--- terminal',
        readable(shown.screen),
        '--- pipe',
        piped.stdout,
        '--- standard error',
        piped.stderr,
      ];
      expectGolden(name, parts.join('\n'));
    },
    60_000,
  );

  it('starts fast: --version and --help take little more processor time than node itself', async () => {
    const bare = await cpuMs(['--eval', '0']);
    const main = ['-r', './tools/build/register-aliases.cjs', 'dist/tools/libs/cli/src/main.js'];
    for (const flag of ['--version', '--help']) {
      // Loading the libs and their vendors would be more than ten times node's own start.
      expect((await cpuMs([...main, flag])) / bare).toBeLessThan(6);
    }
  }, 90_000);
});

/** Least processor time of some runs of node; unit ms. */
async function cpuMs(args: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 5; run += 1) {
    const command = `'${process.execPath}' ${args.join(' ')} >/dev/null; times`;
    const { stdout } = await runPiped('sh', ['-c', command], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'] },
    });
    // The second line of `times` is that of the children: user, system.
    const parts = [...(stdout.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
    times.push(
      parts.reduce(
        (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1_000,
        0,
      ),
    );
  }
  return Math.min(...times);
}

/** Orders of the terminal as text, so that a golden file can be read. */
const readable = (screen: string) => screen.replaceAll('\r', '\\r').replaceAll('\u001b', '\\e');

/** To accept changes: `GOLDEN=write`, then look at the diff. */
function expectGolden(name: string, actual: string): void {
  const folder = join(__dirname, 'cli', 'golden');
  const path = join(folder, `${name}.txt`);
  if (process.env['GOLDEN'] === 'write') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, actual);
  }
  expect(existsSync(path) ? readFileSync(path, 'utf8') : `${path} is missing`).toBe(actual);
}

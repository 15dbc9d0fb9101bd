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

  // Kafka, MongoDB and Nest together would take more than ten times node's own start.
  it.each(['--version', '--help'])(
    'starts fast: %s loads one vendor package and none of the libs behind the verbs',
    async (flag) => {
      const modules = await loadedModules(flag);
      expect(namesAfter('node_modules', modules)).toEqual(['commander']);
      expect(namesAfter('libs', modules)).toEqual(['cli', 'errors', 'retry']);
    },
    60_000,
  );
});

/** Files that the command has loaded by its end. */
async function loadedModules(flag: string): Promise<readonly string[]> {
  const main = './dist/tools/libs/cli/src/main.js';
  const program = `
    process.on('exit', () => console.error(JSON.stringify(Object.keys(require.cache))));
    require('${main}');`;
  const args = ['-r', './tools/build/register-aliases.cjs', '-e', program, main, flag];
  const options = { cwd: ROOT, env: { PATH: process.env['PATH'] } };
  const { code, stderr } = await runPiped(process.execPath, args, options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^\[/) });
  return JSON.parse(stderr) as string[];
}

/** Names that follow a folder in paths, each once, sorted. */
function namesAfter(folder: string, paths: readonly string[]): readonly string[] {
  const names = paths.flatMap((path) => {
    const segments = path.slice(ROOT.length).split(/[/\\]/);
    const at = segments.indexOf(folder);
    return at === -1 ? [] : (segments[at + 1] ?? []);
  });
  return [...new Set(names)].sort();
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

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { CliScene } from './fakes/cli.scene';
import type { Outcome } from './fakes/cli.scene';

const GROUP = 'orders-billing';
let scene: CliScene;
beforeAll(() => Logger.overrideLogger(false));
beforeEach(async () => {
  scene = new CliScene();
  await scene.serve(GROUP);
});
afterEach(() => scene.remove());

/** What a person, a program that wants columns and one that wants JSON see of the same command. */
async function seen(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const parts = [
    ['terminal', await scene.run(argv, { terminal: true, env })],
    ['pipe', await scene.run(argv, { env })],
    ['json', await scene.run([...argv, '-o', 'json'], { env })],
  ] as const;
  return [
    `$ millrace ${argv.join(' ')}`,
    ...parts.map(([name, outcome]) => section(name, outcome)),
  ].join('\n');
}

function section(name: string, { code, stdout, stderr }: Outcome): string {
  // A bar draws over itself: what counts is that it goes away.
  const told = stderr.text.replace(/(\r\u001b\[2K[^\r]*)*\r\u001b\[2K/g, '(bar)\n');
  const results = stdout.text.replaceAll(process.versions.node, '20.19.0');
  return `--- ${name}, exit code ${code}\n${results}--- standard error\n${told}`;
}

describe('what the command line prints, on a terminal, in a pipe and as JSON lines', () => {
  it('dead letters', async () => {
    scene.bury('a');
    await scene.clock.advance(61_000);
    scene.bury('b', {
      'dead-letter-error-message': 'evil \u001b[2J text',
      'dead-letter-redrive-count': '3',
    });
    expectGolden('dead-letters-ls', await seen(['dead-letters', 'ls']));
    expectGolden('dead-letters-summary', await seen(['dead-letters', 'ls', '--summary']));
    expectGolden(
      'dead-letters-show',
      await seen(['dead-letters', 'show', 'orders.dead-letter/0/0']),
    );
    expectGolden('dead-letters-redrive', await seen(['dead-letters', 'redrive']));
    expectGolden('dead-letters-export', await seen(['dead-letters', 'export']));
  });

  it('nothing to list', async () => {
    expectGolden('dead-letters-none', await seen(['dead-letters', 'ls']));
  });

  it('groups', async () => {
    await scene
      .driver()
      .admin()
      .setCommitted(GROUP, [{ topic: 'orders', partition: 0, next: 0n }]);
    await scene.controls.pause(
      { groupId: GROUP, topic: 'orders', partition: 1 },
      { by: 'ada', reason: 'bad batch', at: new Date(scene.clock.now()) },
    );
    expectGolden('pauses', await seen(['pauses']));
    expectGolden('lag', await seen(['lag']));
    expectGolden('describe', await seen(['describe']));
  });

  it('a replay', async () => {
    await scene
      .driver()
      .admin()
      .setCommitted(GROUP, [{ topic: 'orders', partition: 0, next: 0n }]);
    for (let index = 0; index < 3; index += 1) {
      scene.broker.append('orders', {
        partition: 0,
        key: null,
        value: Buffer.from('x'),
        headers: [],
      });
    }
    expectGolden(
      'replay',
      await seen(['replay', '--group', GROUP, '--topic', 'orders', '--to', '0=3']),
    );
  });

  it('settings and contracts', async () => {
    expectGolden('lint', await seen(['lint'], { HTTP_PORT: 'canary', DRAIN_BUDGET_MS: '120000' }));
    expectGolden('config', await seen(['config', '--service', 'orders'], { LOG_LEVEL: 'debug' }));
    expectGolden('contracts-ls', await seen(['contracts', 'ls']));
    expectGolden('contracts-check', await seen(['contracts', 'check']));
    expectGolden('doctor', await seen(['doctor']));
  });

  it('a refusal', async () => {
    expectGolden('refusal', await seen(['pause', '--group', 'nobody', '--reason', 'x']));
    expectGolden('usage', await seen(['dead-letters', 'ls', '--colour']));
  });
});

/** To accept changes: `GOLDEN=write npx jest --selectProjects unit -- libs/cli`, then look at the diff. */
function expectGolden(name: string, text: string): void {
  const path = join(__dirname, 'fakes/golden', `${name}.txt`);
  if (process.env['GOLDEN'] === 'write') writeFileSync(path, text);
  expect(existsSync(path) ? readFileSync(path, 'utf8') : `${path} is missing`).toBe(text);
}

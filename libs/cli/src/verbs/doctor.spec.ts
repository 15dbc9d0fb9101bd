import { defineError } from 'millrace/errors';
import { CliScene } from '../fakes/cli.scene';
import { nodeFinding } from './doctor.verb';

let scene: CliScene;
beforeEach(() => {
  scene = new CliScene();
});
afterEach(() => scene.remove());

class DownError extends defineError({
  code: 'KAFKA_UNAVAILABLE',
  failure: 'infrastructure',
  summary: 'no broker answers',
  likelyCause: 'the brokers are down',
  fix: 'npm run engines -- up',
}) {}

function makeTopics(...names: readonly string[]): void {
  for (const topic of names) scene.broker.createTopic({ topic, partitions: 3 });
}

async function statesOf(...flags: readonly string[]) {
  const { code, stdout } = await scene.run(['doctor', '-o', 'json', ...flags]);
  const states = Object.fromEntries(stdout.json.map(({ what, state }) => [what, state]));
  return { code, states, lines: stdout.json };
}

describe('millrace doctor', () => {
  it('finds everything in order', async () => {
    makeTopics(
      'orders',
      'orders.dead-letter',
      'orders.retry.1',
      'shipments',
      'shipments.dead-letter',
    );
    const { code, states } = await statesOf();
    expect([code, states]).toEqual([
      0,
      {
        ...{ node: 'ok', project: 'ok', settings: 'ok', kafka: 'ok', database: 'ok', clock: 'ok' },
        ...{ 'topic orders': 'ok', 'topic orders.dead-letter': 'ok', 'topic orders.retry.1': 'ok' },
        ...{ 'topic shipments': 'ok', 'topic shipments.dead-letter': 'ok' },
      },
    ]);
  });

  it('names a missing topic with the command that makes it, and exits with 1', async () => {
    makeTopics('shipments', 'shipments.dead-letter');
    const { code, states, lines } = await statesOf();
    expect(code).toBe(1);
    expect(states).toMatchObject({ 'topic orders': 'wrong', 'topic orders.dead-letter': 'warn' });
    expect(lines.find(({ what }) => what === 'topic orders')?.['fix']).toContain(
      'kafka-topics --create --topic orders --partitions 3',
    );
  });

  it('exits with 3 when a server does not answer, with the fix', async () => {
    scene.outage = new DownError();
    const { code, states, lines } = await statesOf();
    expect(code).toBe(3);
    expect(states).toMatchObject({ kafka: 'wrong', database: 'wrong' });
    expect(lines.find(({ what }) => what === 'kafka')).toMatchObject({
      found: 'KAFKA_UNAVAILABLE: no broker answers',
      fix: 'npm run engines -- up',
    });
  });

  it('warns of a server without a replica set, and finds clocks that differ', async () => {
    makeTopics('orders', 'orders.dead-letter', 'shipments', 'shipments.dead-letter');
    scene.facts = {
      ...scene.facts,
      replicaSet: null,
      hasTransactions: false,
      clockSkewMs: -60_000,
    };
    const { code, states, lines } = await statesOf();
    expect(code).toBe(1);
    expect(states).toMatchObject({ database: 'warn', clock: 'wrong' });
    expect(lines.find(({ what }) => what === 'clock')?.['found']).toContain('60,000 ms behind');
  });

  it('asks no server when the settings are wrong', async () => {
    const { code, stdout } = await scene.run(['doctor', '-o', 'json'], { env: { HTTP_PORT: 'x' } });
    expect(code).toBe(1);
    expect(stdout.json.map(({ what }) => what)).toEqual(['node', 'project', 'settings']);
    expect(scene.opened).toEqual([]);
  });

  it('shows the fixes below the table on a terminal', async () => {
    scene.outage = new DownError();
    const { stdout } = await scene.run(['doctor'], { terminal: true });
    expect(stdout.text).toContain('\ntry\nkafka: npm run engines -- up\n');
  });

  it.each([
    ['18.20.0', 'wrong'],
    ['20.18.9', 'wrong'],
    ['20.19.0', 'ok'],
    ['24.1.0', 'ok'],
  ])('node %s is %s', (version, state) => {
    expect(nodeFinding(version).state).toBe(state);
  });
});

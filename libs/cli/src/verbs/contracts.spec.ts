import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliScene } from '../fakes/cli.scene';

const ORDERS = 'contracts/schemas/orders.order.placed.v2.schema.json';
let scene: CliScene;
beforeEach(() => {
  scene = new CliScene();
});
afterEach(() => scene.remove());

const read = (file: string) =>
  JSON.parse(readFileSync(join(scene.directory, file), 'utf8')) as Record<string, unknown>;

async function commit(): Promise<void> {
  expect((await scene.run(['contracts', 'schema', '--write'])).code).toBe(0);
  scene.makeFolder('contracts/corpus/orders.order.placed/v1');
  const event = { orderId: 'a', amount: 1 };
  scene.write('contracts/corpus/orders.order.placed/v1/plain.json', JSON.stringify(event));
  const expected = JSON.stringify({ 'v1/plain.json': event });
  scene.write('contracts/corpus/orders.order.placed/expected.json', expected);
}

describe('millrace contracts', () => {
  it('lists the contracts of the project', async () => {
    const { code, stdout } = await scene.run(['contracts', 'ls']);
    expect([code, stdout.lines]).toEqual([
      0,
      ['orders.order.placed\t2\torders\tcustomer.email', 'orders.order.shipped\t1\tshipments\t'],
    ]);
  });

  it('prints the JSON Schema of one', async () => {
    const { stdout } = await scene.run(['contracts', 'schema', 'orders', '-o', 'json']);
    expect(stdout.json).toMatchObject([{ 'x-contract': 'orders.order.placed v2', type: 'object' }]);
  });

  it('prints the AsyncAPI document of all', async () => {
    const { stdout } = await scene.run(['contracts', 'asyncapi', '--title', 'Orders']);
    expect(JSON.parse(stdout.text)).toMatchObject({
      ...{ asyncapi: '3.0.0', info: { title: 'Orders', version: '1.0.0' } },
      channels: { orders: {}, shipments: {} },
    });
  });

  it('finds that nothing is committed, and is content after --write and a corpus', async () => {
    const before = await scene.run(['contracts', 'check', '-o', 'json']);
    expect(before.code).toBe(1);
    expect(before.stdout.json.map(({ code }) => code)).toContain('schema-missing');
    await commit();
    const after = await scene.run(['contracts', 'check']);
    expect([after.code, after.stdout.text]).toEqual([0, '']);
  });

  it('[CTR-03] names the field of a change that breaks readers, and exits with 1', async () => {
    await commit();
    const schema = read(ORDERS);
    const properties = { ...(schema['properties'] as object), note: { type: 'string' } };
    scene.write(ORDERS, JSON.stringify({ ...schema, properties }));
    const { code, stdout } = await scene.run(['contracts', 'check', '-o', 'json']);
    expect(code).toBe(1);
    expect(stdout.json).toMatchObject([{ code: 'schema-breaking', field: 'note', version: 2 }]);
    const shown = await scene.run(['contracts', 'check'], { terminal: true });
    expect(shown.stdout.text).toContain('schema-breaking  orders.order.placed v2\n  what    ');
  });

  it('never writes a schema over one that its readers need', async () => {
    await commit();
    const schema = read(ORDERS);
    scene.write(ORDERS, JSON.stringify({ ...schema, properties: { note: { type: 'string' } } }));
    const before = read(ORDERS);
    const { code, stdout } = await scene.run(['contracts', 'schema', '--write', '-o', 'json']);
    expect(code).toBe(1);
    expect(stdout.json[0]).toMatchObject({ code: 'schema-breaking' });
    expect(read(ORDERS)).toEqual(before);
  });

  it.each([
    [['contracts', 'schema', 'nobody'], 'CLI_CONTRACT_UNKNOWN'],
    [['contracts', 'schema'], 'name a contract, or give --write'],
    [['contracts', 'check', '--mode', 'sideways'], '--mode is one of backward, forward, full'],
  ])('%j is exit code 2', async (argv, message) => {
    const { code, stderr } = await scene.run(argv);
    expect(code).toBe(2);
    expect(stderr.text).toContain(message);
    expect(existsSync(join(scene.directory, 'contracts'))).toBe(false);
  });
});

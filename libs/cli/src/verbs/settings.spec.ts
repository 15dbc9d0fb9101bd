import { CliScene } from '../fakes/cli.scene';

let scene: CliScene;
beforeEach(() => {
  scene = new CliScene();
});
afterEach(() => scene.remove());

describe('millrace config', () => {
  it('[CFG-03] shows value and source of every setting, secrets as fingerprints', async () => {
    scene.write('local.env', 'ORDERS_CURRENCY=USD\n');
    const { code, stdout } = await scene.run(
      ['config', '--service', 'orders', '--env-file', 'local.env', '-o', 'json'],
      { env: { LOG_LEVEL: 'warn' } },
    );
    expect([code, scene.opened]).toEqual([0, []]);
    const of = (variable: string) => stdout.json.find((line) => line['variable'] === variable);
    expect(of('LOG_LEVEL')).toMatchObject({
      ...{ service: 'orders', variable: 'LOG_LEVEL', value: 'warn', source: 'env' },
    });
    expect(of('ORDERS_CURRENCY')).toMatchObject({ value: 'USD' });
    expect(of('ORDERS_CURRENCY')?.['source']).toMatch(/local\.env$/);
    expect(of('HTTP_PORT')).toMatchObject({ value: '8000', source: 'default' });
    expect(of('ORDERS_TOKEN')?.['value']).toMatch(/^\[secret sha256 [0-9a-f]+\.*\]$/);
    expect(stdout.text).not.toContain('canary');
  });

  it('shows every service of the project', async () => {
    const { stdout } = await scene.run(['config', '-o', 'json']);
    expect(new Set(stdout.json.map(({ service }) => service))).toEqual(
      new Set(['orders', 'audit']),
    );
  });

  it('shows what every service has where there is no project', async () => {
    scene.write('package.json', '{}');
    const { code, stdout } = await scene.run(['config', '-o', 'json'], {
      env: { MONGODB_URI: 'mongodb://ops:canary@db/' },
    });
    expect(code).toBe(0);
    expect(stdout.json.map(({ variable }) => variable)).toEqual(
      expect.arrayContaining(['KAFKA_BROKERS', 'MONGODB_URI', 'PIPELINE_SLICE_RECORDS']),
    );
    expect(stdout.text).not.toContain('canary');
  });

  it('lists what is wrong with the configuration without the values, and exits with 2', async () => {
    const { code, stdout, stderr } = await scene.run(['config'], {
      env: { HTTP_PORT: 'canary-port', ORDERS_TOKEN: '' },
    });
    expect([code, stdout.text]).toEqual([2, '']);
    expect(stderr.text).toContain('CONFIG_INVALID');
    expect(stderr.text).toContain('ORDERS_TOKEN');
    expect(stderr.text).not.toContain('canary');
  });

  it('refuses a service that is not there', async () => {
    const { code, stderr } = await scene.run(['config', '--service', 'nobody']);
    expect(code).toBe(2);
    expect(stderr.text).toContain('take one of: orders, audit');
  });

  it('reads the file of the local engines, but never in production', async () => {
    scene.write('package.json', '{}');
    scene.makeFolder('.engines');
    scene.write('.engines/env', 'KAFKA_BROKERS=engines:1\n');
    const brokers = async (env: Record<string, string>) => {
      const { stdout } = await scene.run(['config', '-o', 'json'], { env });
      return stdout.json.find(({ variable }) => variable === 'KAFKA_BROKERS')?.['value'];
    };
    expect(await brokers({})).toBe('engines:1');
    expect(await brokers({ NODE_ENV: 'production' })).toBe('127.0.0.1:9092');
  });
});

describe('millrace lint', () => {
  it('finds nothing and exits with 0', async () => {
    const { code, stdout, stderr } = await scene.run(['lint']);
    expect([code, stdout.text]).toEqual([0, '']);
    expect(stderr.text).toBe('2 services, nothing found\n');
  });

  it('lists what stops a start, of every service, and exits with 1', async () => {
    const { code, stdout } = await scene.run(['lint', '-o', 'json'], {
      env: { HTTP_PORT: 'canary', ORDERS_TOKEN: '' },
    });
    expect(code).toBe(1);
    const found = stdout.json.map(({ service, severity, variable }) => [
      service,
      severity,
      variable,
    ]);
    expect(found).toEqual([
      ['orders', 'refuse', 'HTTP_PORT'],
      ['orders', 'refuse', 'ORDERS_TOKEN'],
      ['audit', 'refuse', 'HTTP_PORT'],
    ]);
    expect(stdout.text).not.toContain('canary');
  });

  it('[CFG-02] tells what is unsafe with its danger and what to try, and what is misspelled', async () => {
    const call = { env: { NODE_ENV: 'production', HTTP_PROT: '1', DRAIN_BUDGET_MS: '120000' } };
    const { code, stdout } = await scene.run(['lint', '--service', 'audit', '-o', 'json'], call);
    expect(code).toBe(1);
    const found = stdout.json.map(({ variable, severity }) => [variable, severity]);
    expect(found).toContainEqual(['HTTP_PROT', 'refuse']);
    expect(stdout.json.find(({ code: id }) => id === 'DRAIN_EXCEEDS_GRACE')).toMatchObject({
      ...{ severity: 'refuse', danger: expect.any(String) as string },
      fix: expect.any(String) as string,
    });
    const shown = await scene.run(['lint', '--service', 'audit'], { ...call, terminal: true });
    expect(shown.stdout.text).toMatch(/^refuse {2}audit {2}HTTP_PROT: .*\n {2}danger {2}\S/m);
  });

  it('tells warnings and exits with 0, with --strict 1', async () => {
    const call = { env: { DRAIN_BUDGET_MS: '120000' } };
    const relaxed = await scene.run(['lint', '-o', 'json'], call);
    expect(relaxed.stdout.json).toMatchObject([
      { severity: 'warn', code: 'DRAIN_EXCEEDS_GRACE' },
      { severity: 'warn', code: 'DRAIN_EXCEEDS_GRACE' },
    ]);
    expect(relaxed.code).toBe(0);
    expect((await scene.run(['lint', '--strict'], call)).code).toBe(1);
  });

  it('[CFG-02] tells what stops a start in production, and what CONFIG_ALLOW lets pass', async () => {
    const env = { NODE_ENV: 'production', DRAIN_BUDGET_MS: '120000' };
    const severityOf = async (more: Record<string, string>) => {
      const call = ['lint', '--service', 'orders', '-o', 'json'];
      const { code, stdout } = await scene.run(call, { env: { ...env, ...more } });
      const found = stdout.json.find((line) => line['code'] === 'DRAIN_EXCEEDS_GRACE');
      return [code, found?.['severity']];
    };
    expect(await severityOf({})).toEqual([1, 'refuse']);
    // The scene gives its secret in a variable.
    const CONFIG_ALLOW = 'DRAIN_EXCEEDS_GRACE,SECRET_INLINE';
    expect(await severityOf({ CONFIG_ALLOW })).toEqual([0, 'allowed']);
  });
});

import {
  ConfigUnsafeError,
  defineServiceSettings,
  loadSettings,
  metricsSettings,
  serviceSettings,
  shutdownBudgetMs,
} from 'millrace/config';

const slice = defineServiceSettings({ httpPort: 8001 });
const load = (env: Record<string, string> = {}) => loadSettings({ slices: [slice], env });

describe('service settings', () => {
  it('have the port of the app as default and are read through the one slice', () => {
    const service = load().get(serviceSettings);
    expect(service).toMatchObject({
      environment: 'development',
      httpPort: 8001,
      httpHost: '0.0.0.0',
      logLevel: 'info',
      logPretty: false,
      readinessLagMs: 0,
    });
  });

  it('wait for load balancers in production only, unless told otherwise', () => {
    const lag = (env: Record<string, string>) => load(env).get(slice).readinessLagMs;
    expect(lag({ NODE_ENV: 'production' })).toBe(5_000);
    expect(lag({ NODE_ENV: 'production', READINESS_LAG_MS: '1' })).toBe(1);
  });

  it('fit into the default grace period with the budgets of the drain', () => {
    expect(shutdownBudgetMs(load({ NODE_ENV: 'production' }).get(slice))).toBe(40_500);
    expect(load({ NODE_ENV: 'production' }).warnings).toEqual([]);
  });

  it('warn of a drain beyond the grace period, and refuse it in production', () => {
    const env = { TERMINATION_GRACE_PERIOD_SECONDS: '30' };
    expect(load(env).warnings).toEqual([
      expect.objectContaining({
        code: 'DRAIN_EXCEEDS_GRACE',
        variable: expect.stringMatching(/^TERMINATION_GRACE_PERIOD_SECONDS, /) as string,
      }),
    ]);
    const inProduction = () => load({ ...env, NODE_ENV: 'production' });
    expect(inProduction).toThrow(ConfigUnsafeError);
    expect(inProduction).toThrow('DRAIN_EXCEEDS_GRACE');
  });

  it('refuse an environment and a level that do not exist', () => {
    expect(() => load({ NODE_ENV: 'prod', LOG_LEVEL: 'loud' })).toThrow(
      /NODE_ENV: must be one of development, test, production\n {2}LOG_LEVEL: must be one of/,
    );
  });
});

describe('metrics settings', () => {
  it('have no port of their own by default', () => {
    const read = (env: Record<string, string>) =>
      loadSettings({ slices: [metricsSettings], env }).get(metricsSettings).port;
    expect([read({}), read({ METRICS_PORT: '9464' })]).toEqual([undefined, 9464]);
  });
});

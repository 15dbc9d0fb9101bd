import { HealthCheckDuplicateError, HealthRegistry } from 'millrace/health';
import type { HealthCheck } from 'millrace/health';

const kafka: HealthCheck = { name: 'kafka', critical: true, read: () => ({ status: 'up' }) };

describe('HealthRegistry', () => {
  it('reads every check in the order of registration', () => {
    const registry = new HealthRegistry();
    registry.register(kafka);
    registry.register({
      name: 'mongo',
      critical: false,
      read: () => ({ status: 'degraded', pings: 2 }),
    });
    expect(registry.read()).toEqual([
      { name: 'kafka', critical: true, state: { status: 'up' } },
      { name: 'mongo', critical: false, state: { status: 'degraded', pings: 2 } },
    ]);
  });

  it('takes the same check twice and refuses another one of its name', () => {
    const registry = new HealthRegistry();
    registry.register(kafka);
    registry.register(kafka);
    expect(registry.read()).toHaveLength(1);
    expect(() => registry.register({ ...kafka })).toThrow(HealthCheckDuplicateError);
  });

  it('takes a check that throws as down and does not show its message', () => {
    const registry = new HealthRegistry();
    registry.register({
      ...kafka,
      read: () => {
        throw new Error('mongodb://app:canary@db');
      },
    });
    const [result] = registry.read();
    expect(result?.state.status).toBe('down');
    expect(JSON.stringify(result)).not.toContain('canary');
  });
});

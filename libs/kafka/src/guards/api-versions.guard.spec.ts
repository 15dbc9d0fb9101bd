import { brokerClass } from '../kafkajs.internals';
import type { ApiVersionsInternals } from '../kafkajs.internals';
import { REQUIRED_APIS, checkApis } from './api-versions.guard';
import { installGuards } from './install-guards';

const offer = (changed: ApiVersionsInternals = {}): ApiVersionsInternals => ({
  ...Object.fromEntries(
    REQUIRED_APIS.map(({ key, from }) => [key, { minVersion: from, maxVersion: from + 20 }]),
  ),
  ...changed,
});

describe('checkApis', () => {
  it('takes a broker whose ranges overlap, by one version and at either end [X3]', () => {
    expect(() => checkApis(offer())).not.toThrow();
    expect(() => checkApis(offer({ 1: { minVersion: 11, maxVersion: 17 } }))).not.toThrow();
    expect(() => checkApis(offer({ 1: { minVersion: 0, maxVersion: 4 } }))).not.toThrow();
  });

  it.each([
    ['dropped', { minVersion: 12, maxVersion: 17 }, 'Fetch 4 to 11 (the broker has 12 to 17)'],
    [
      'does not know yet',
      { minVersion: 0, maxVersion: 3 },
      'Fetch 4 to 11 (the broker has 0 to 3)',
    ],
  ])('refuses a broker that %s our versions, with call and range [X3]', (_why, range, message) => {
    expect(() => checkApis(offer({ 1: range }))).toThrow(
      expect.objectContaining({
        code: 'KAFKA_API_UNSUPPORTED',
        failure: 'fatal',
        retriable: false,
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  it('names every call at once [X3]', () => {
    const old = { minVersion: 90, maxVersion: 91 };
    expect(() => checkApis({ ...offer({ 11: old, 12: old }) })).toThrow(/JoinGroup.*Heartbeat/);
  });
});

describe('guardApiVersions', () => {
  it('looks at the answer of each broker that is connected to [X3]', async () => {
    installGuards();
    const { prototype } = brokerClass();
    const versions = offer({ 0: { minVersion: 8, maxVersion: 12 } });
    const answer = Object.entries(versions).map(([key, range]) => ({
      apiKey: Number(key),
      ...range,
    }));
    const broker = Object.create(prototype, {
      connectionPool: {
        value: { connectionTimeout: 1, send: () => Promise.resolve({ apiVersions: answer }) },
      },
    }) as typeof prototype;
    await expect(broker.apiVersions()).rejects.toMatchObject({ code: 'KAFKA_API_UNSUPPORTED' });
  });
});

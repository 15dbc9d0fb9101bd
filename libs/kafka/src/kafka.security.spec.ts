import { FakeClock } from 'millrace/testing';
import { KafkaSecurity } from './kafka.security';

describe('KafkaSecurity', () => {
  it('asks the application for a token at each authentication', async () => {
    const token = jest.fn().mockResolvedValueOnce('first').mockResolvedValueOnce('second');
    const sasl = { mechanism: 'OAUTHBEARER', token } as const;
    const security = new KafkaSecurity({ tls: {}, sasl }, new FakeClock());
    await security.prepare();
    const { vendorConfig } = security;
    const { oauthBearerProvider } = vendorConfig.sasl as unknown as {
      oauthBearerProvider: () => Promise<unknown>;
    };
    expect(vendorConfig.sasl).toMatchObject({ mechanism: 'oauthbearer' });
    expect([await oauthBearerProvider(), await oauthBearerProvider()]).toEqual([
      { value: 'first' },
      { value: 'second' },
    ]);
    security.stop();
  });

  it('has nothing that could be exchanged without TLS and without a user', async () => {
    const security = new KafkaSecurity({ tls: null, sasl: null }, new FakeClock());
    await security.prepare();
    expect(security).toMatchObject({ isLive: false, certificate: null, vendorConfig: {} });
  });
});

import { loadSettings } from 'millrace/config';
import { describeLints } from 'millrace/testing';
import { httpSettings } from './http.settings';

describeLints('HTTP', {
  slice: httpSettings,
  cases: {
    HEADERS_TIMEOUT_EXCEEDS_REQUEST: {
      unsafe: { HTTP_HEADERS_TIMEOUT_MS: '15001' },
      safe: { HTTP_HEADERS_TIMEOUT_MS: '15000' },
    },
  },
});

describe('the settings of HTTP', () => {
  const load = (env: Readonly<Record<string, string>> = {}) =>
    loadSettings({ slices: [httpSettings], env }).get(httpSettings);

  it('[S17] have limits without anybody setting one', () => {
    expect(load()).toEqual({
      headersTimeoutMs: 10_000,
      requestTimeoutMs: 15_000,
      keepAliveTimeoutMs: 65_000,
      maxConnections: 10_000,
      maxRequestsInFlight: 1_000,
      maxHeaderBytes: 16_384,
      trustedProxies: undefined,
    });
  });

  it.each([
    'HTTP_HEADERS_TIMEOUT_MS',
    'HTTP_REQUEST_TIMEOUT_MS',
    'HTTP_KEEP_ALIVE_TIMEOUT_MS',
    'HTTP_MAX_CONNECTIONS',
    'HTTP_MAX_REQUESTS_IN_FLIGHT',
    'HTTP_MAX_HEADER_BYTES',
  ])('[S17] refuse 0 for %s, by which Node.js means no limit', (variable) => {
    expect(() => load({ [variable]: '0' })).toThrow(variable);
  });

  it('take addresses and CIDRs as trusted proxies', () => {
    const { trustedProxies } = load({ HTTP_TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1, fd00::/8' });
    expect(trustedProxies).toEqual(['10.0.0.0/8', '127.0.0.1', 'fd00::/8']);
  });

  it.each(['true', '0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0.0/8/8', 'proxy.local', '10.0.0.0/'])(
    'refuse %s as a trusted proxy',
    (networks) => {
      expect(() => load({ HTTP_TRUSTED_PROXIES: networks })).toThrow('HTTP_TRUSTED_PROXIES');
    },
  );
});

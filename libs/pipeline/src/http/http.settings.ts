import { isIP } from 'node:net';
import { bytes, count, defineLints, defineSettings, durationMs, list } from 'millrace/config';
import type { SettingsOf } from 'millrace/config';

const timeoutMs = durationMs.refine((value) => value >= 1, 'must be 1 ms or more');
const atLeastOne = count.refine((value) => value >= 1, 'must be 1 or more');

const timeoutFields = {
  headersTimeoutMs: {
    env: 'HTTP_HEADERS_TIMEOUT_MS',
    schema: timeoutMs,
    default: '10000',
    unit: 'ms',
    description: 'Longest wait for the headers of a request, also for its first byte; then 408.',
  },
  requestTimeoutMs: {
    env: 'HTTP_REQUEST_TIMEOUT_MS',
    schema: timeoutMs,
    default: '15000',
    unit: 'ms',
    description: 'Longest wait for a whole request with its body; then 408.',
  },
  keepAliveTimeoutMs: {
    env: 'HTTP_KEEP_ALIVE_TIMEOUT_MS',
    schema: timeoutMs,
    default: '65000',
    unit: 'ms',
    description:
      'How long a connection stays open between requests; above the idle time of the load balancer.',
  },
} as const;

const countFields = {
  maxConnections: {
    env: 'HTTP_MAX_CONNECTIONS',
    schema: atLeastOne,
    default: '10000',
    unit: 'count',
    description: 'Most connections; further ones are closed at once.',
  },
  maxRequestsInFlight: {
    env: 'HTTP_MAX_REQUESTS_IN_FLIGHT',
    schema: atLeastOne,
    default: '1000',
    unit: 'requests',
    description:
      'Most requests at work, also those still sending their body; further ones get 503.',
  },
  maxHeaderBytes: {
    env: 'HTTP_MAX_HEADER_BYTES',
    schema: bytes.refine((value) => value >= 1_024, 'must be 1024 bytes or more'),
    default: '16384',
    unit: 'bytes',
    description: 'Longest request line with headers; longer ones get 431.',
  },
  trustedProxies: {
    env: 'HTTP_TRUSTED_PROXIES',
    schema: list
      .refine(
        (networks) => networks.every(isNetwork),
        'must be IP addresses or CIDRs, such as 10.0.0.0/8',
      )
      .optional(),
    description:
      'Addresses and CIDRs whose X-Forwarded-For names the client; others are not believed.',
  },
} as const;

const fields = { ...timeoutFields, ...countFields };

/** The fields of the slice `http`. */
export type HttpFields = typeof fields;

/** Limits of the HTTP server of a service that others may reach; see {@link LimitedHttpAdapter}. */
export const httpSettings = defineSettings('http', fields, {
  lints: defineLints<HttpFields>([
    {
      id: 'HEADERS_TIMEOUT_EXCEEDS_REQUEST',
      severity: 'refuse',
      override: 'never',
      settings: ['HTTP_HEADERS_TIMEOUT_MS', 'HTTP_REQUEST_TIMEOUT_MS'],
      danger: 'Node.js does not start such a server',
      fix: 'let HTTP_REQUEST_TIMEOUT_MS be HTTP_HEADERS_TIMEOUT_MS at least',
      check: ({ headersTimeoutMs, requestTimeoutMs }) =>
        headersTimeoutMs <= requestTimeoutMs
          ? null
          : `headers may take ${headersTimeoutMs} ms and the whole request ${requestTimeoutMs} ms`,
    },
  ]),
});

export type HttpSettings = SettingsOf<typeof httpSettings>;

/** A prefix of 0 would believe everybody. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  const longest = version === 4 ? 32 : 128;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= longest;
}

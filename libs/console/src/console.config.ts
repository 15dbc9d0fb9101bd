import { count, defineSettings, flag, isLoopback, list, oneOf, port, text } from 'millrace/config';
import type { Environment, Lint, SettingValues, SettingsOf, SettingsSlice } from 'millrace/config';
import { z } from 'zod';
import { tokenHashes } from './access/token-hashes';
import { AdminPortPublicError, ConsoleTokenMissingError } from './console.errors';

const rate = count.refine((value) => value >= 1 && value <= 100_000, 'must be 1 to 100000');

const fieldsOf = (consolePort: number) =>
  ({
    enabled: {
      env: 'CONSOLE_ENABLED',
      schema: flag,
      default: 'false',
      description: 'Opens the console: the HTTP API of operators on a port of its own.',
    },
    port: {
      env: 'CONSOLE_PORT',
      schema: port,
      default: String(consolePort),
      description: 'Port of the console; never the one of users; 0 = any free port.',
    },
    host: {
      env: 'CONSOLE_HOST',
      schema: text,
      default: '127.0.0.1',
      description: 'Address of the console; another one than loopback needs CONSOLE_TOKEN_HASH.',
    },
    tokenHash: {
      env: 'CONSOLE_TOKEN_HASH',
      schema: tokenHashes.optional(),
      secret: true,
      inline: 'allowed',
      description:
        'Who may use the console: `<viewer, operator or admin>[/<name>]:<sha256 of the token in hex>[@<expiry>]`, between commas or one a line.',
    },
    origins: {
      env: 'CONSOLE_ORIGINS',
      schema: list.pipe(z.array(z.url({ protocol: /^https?$/ }))).optional(),
      description:
        'Addresses under which a proxy serves the console; example https://ops.example.com.',
    },
    messages: {
      env: 'CONSOLE_MESSAGES',
      schema: oneOf('on', 'off'),
      default: { production: 'off', otherwise: 'on' },
      description: 'Shows keys, headers and values of records; personal data stays masked.',
    },
    redriveMaxRate: {
      env: 'CONSOLE_REDRIVE_MAX_RATE',
      schema: rate,
      default: '2000',
      unit: 'per second',
      description: 'Highest rate of a redrive or a replay that the console takes.',
    },
  }) as const;

type ConsoleFields = ReturnType<typeof fieldsOf>;

/** What a slice of a service is made with. */
export interface ConsoleSettingsDefaults {
  /** When `CONSOLE_PORT` is not set. */
  readonly port: number;
  /** True when the service hands `authorize` to ConsoleModule: then tokens are not asked for. Default false. */
  readonly isGuarded?: boolean;
}

/** Makes the slice `console` of one service. */
export function defineConsoleSettings({
  port: consolePort,
  isGuarded = false,
}: ConsoleSettingsDefaults): SettingsSlice<ConsoleFields> {
  const lints = isGuarded ? [] : CONSOLE_LINTS;
  return defineSettings('console', fieldsOf(consolePort), { lints });
}

/** What is unsafe when no hook of the service guards its console. */
const CONSOLE_LINTS: ReadonlyArray<Lint<ConsoleFields>> = [
  {
    id: ConsoleTokenMissingError.definition.code,
    severity: { production: 'refuse', otherwise: 'off' },
    override: 'never',
    settings: ['CONSOLE_TOKEN_HASH', 'CONSOLE_ENABLED'],
    danger: 'whoever reaches the port pauses handlers and reads dead letters',
    fix: ConsoleTokenMissingError.definition.fix,
    check: (values) => (isUnguarded(values) ? ConsoleTokenMissingError.definition.summary : null),
  },
  {
    id: AdminPortPublicError.definition.code,
    severity: { production: 'off', otherwise: 'refuse' },
    override: 'never',
    settings: ['CONSOLE_HOST', 'CONSOLE_TOKEN_HASH'],
    danger: 'whoever reaches the machine pauses handlers and reads dead letters',
    fix: AdminPortPublicError.definition.fix,
    check: (values) =>
      isUnguarded(values) && !isLoopback(values.host)
        ? AdminPortPublicError.definition.summary
        : null,
  },
];

/** The slice `console`, to read it; an app loads its own with its own port. */
export const consoleSettings = defineConsoleSettings({ port: 9466 });

export type ConsoleSettings = SettingsOf<typeof consoleSettings>;

/**
 * The same as the lints, where it is known whether there is a hook.
 *
 * @throws {ConsoleTokenMissingError} CONSOLE_TOKEN_MISSING in production.
 * @throws {AdminPortPublicError} ADMIN_PORT_PUBLIC for an address beyond this machine.
 */
export function refuseUnguarded(values: ConsoleSettings, environment: Environment): void {
  if (!isUnguarded(values)) return;
  const where = 'CONSOLE_TOKEN_HASH';
  if (environment === 'production') throw new ConsoleTokenMissingError({ where });
  if (!isLoopback(values.host)) throw new AdminPortPublicError({ where });
}

function isUnguarded({ enabled, tokenHash }: SettingValues<ConsoleFields>): boolean {
  return enabled && tokenHash === undefined;
}

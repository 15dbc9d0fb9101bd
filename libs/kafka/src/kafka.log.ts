import { Logger } from '@nestjs/common';
import { logLevel } from 'kafkajs';
import type { LogEntry, logCreator } from 'kafkajs';

/** Levels of Nest's Logger; `log` is info. */
export const LOG_LEVELS = ['debug', 'log', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Where lines of the client go; Nest's Logger fits. */
export type LogTarget = Pick<Logger, LogLevel>;

/**
 * What kafkajs reports as a warning or an error although it is part of normal work.
 *
 * Rebalances are told by the consumer itself, outages by the health of the driver, crashes by the
 * supervisor: one line each, not one per connection and retry.
 */
const BENIGN: ReadonlyArray<readonly [pattern: RegExp, level: LogLevel]> = [
  [/is rebalancing|rejoin is needed|re-joining|REBALANCE_IN_PROGRESS/i, 'debug'],
  [/not the correct coordinator|coordinator is (loading|not available|not aware)/i, 'debug'],
  [/generation id is not valid|member needs to have a valid member id/i, 'debug'],
  // Reported with the exact gap by the consumer.
  [/requested offset is not within the range/i, 'debug'],
  [/resync group|not aware of all assigned partitions/i, 'debug'],
  [/^(Pausing|Resuming) fetching|^Consumer has joined|^Starting$|^Stopped$/, 'debug'],
  [/consumer not running, exiting|^Preferred read replica/, 'debug'],
  [/Connection (error|timeout)|Closed connection|Failed to connect|Not connected/i, 'debug'],
  [
    /Response without match|Failed to find group coordinator|^Crash: |^Failed to send messages/,
    'debug',
  ],
  [/does not host this topic-partition|leadership election|not the leader/i, 'debug'],
  [/Producer is disconnected|No broker available|Request .* timed out/i, 'debug'],
];

const CONNECTION_ERROR = /^Connection (error: (?!closed by this service)|timeout)/;

const BY_VENDOR_LEVEL: Readonly<Record<number, LogLevel>> = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'log',
  [logLevel.DEBUG]: 'debug',
};

/** The level at which a line of kafkajs is written. */
export function levelOf(entry: Pick<LogEntry, 'level' | 'log'>): LogLevel {
  const texts = [entry.log.message, entry.log['error']].filter((text) => typeof text === 'string');
  const benign = BENIGN.find(([pattern]) => texts.some((text) => pattern.test(text)));
  return benign?.[1] ?? BY_VENDOR_LEVEL[entry.level] ?? 'debug';
}

/** Who is told about lines besides the log. */
export interface LogWatch {
  /** A line was lowered, see {@link BENIGN}. */
  onBenign?(): void;
  /** A connection failed; not for those that this service closed. */
  onConnectionError?(): void;
}

/** Carries the log lines of kafkajs to Nest's Logger. */
export function createLogCreator(
  target: LogTarget = new Logger('Kafka'),
  watch: LogWatch = {},
): logCreator {
  return () => (entry) => {
    const level = levelOf(entry);
    if (level !== BY_VENDOR_LEVEL[entry.level]) watch.onBenign?.();
    if (CONNECTION_ERROR.test(entry.log.message)) watch.onConnectionError?.();
    const { message, error, groupId, broker } = entry.log;
    target[level](
      {
        event: 'kafka.client',
        ...(typeof error === 'string' ? { reason: error } : {}),
        ...(typeof groupId === 'string' ? { group: groupId } : {}),
        ...(typeof broker === 'string' ? { broker } : {}),
      },
      `${entry.namespace}: ${message}`,
    );
  };
}

import { logLevel } from 'kafkajs';
import type { LogEntry } from 'kafkajs';
import { LOG_LEVELS, createLogCreator, levelOf } from './kafka.log';
import type { LogLevel } from './kafka.log';

const entry = (level: number, message: string, rest: Record<string, unknown> = {}): LogEntry => ({
  namespace: 'Runner',
  level,
  label: 'x',
  log: { timestamp: '', logger: 'kafkajs', message, ...rest },
});

const open = () => {
  const lines: Array<{ level: LogLevel; fields: unknown; text: unknown }> = [];
  const write = (level: LogLevel) => (fields: unknown, text: unknown) => {
    lines.push({ level, fields, text });
  };
  const target = Object.fromEntries(LOG_LEVELS.map((level) => [level, write(level)])) as never;
  return { lines, target };
};

describe('levelOf', () => {
  // What kafkajs 2.2.4 writes while members join and leave and a broker restarts.
  it.each([
    [
      logLevel.ERROR,
      'Response Heartbeat(key: 12, version: 3)',
      'The group is rebalancing, so a rejoin is needed',
    ],
    [logLevel.WARN, 'The group is rebalancing, re-joining', undefined],
    [
      logLevel.ERROR,
      'Response JoinGroup(key: 11, version: 5)',
      'The group member needs to have a valid member id before actually entering a consumer group',
    ],
    [
      logLevel.ERROR,
      'Response OffsetCommit(key: 8, version: 5)',
      'Specified group generation id is not valid',
    ],
    [
      logLevel.ERROR,
      'The coordinator is not aware of this member, re-joining the group',
      undefined,
    ],
    [
      logLevel.ERROR,
      'Response Heartbeat(key: 12, version: 3)',
      'This is not the correct coordinator for this group',
    ],
    [
      logLevel.ERROR,
      'Response GroupCoordinator(key: 10, version: 2)',
      'The group coordinator is not available',
    ],
    [logLevel.ERROR, 'Connection error: connect ECONNREFUSED 127.0.0.1:9092', undefined],
    [
      logLevel.ERROR,
      'Failed to connect to seed broker, trying another broker from the list: x',
      undefined,
    ],
    [logLevel.ERROR, 'Crash: KafkaJSNumberOfRetriesExceeded: x', undefined],
    [logLevel.INFO, 'Pausing fetching from 1 topics', undefined],
  ])(
    'writes level %i "%s" as debug: a rolling rebalance is normal work [P27]',
    (level, message, error) => {
      expect(levelOf(entry(level, message, error === undefined ? {} : { error }))).toBe('debug');
    },
  );

  it.each([
    [logLevel.ERROR, 'error'],
    [logLevel.WARN, 'warn'],
    [logLevel.INFO, 'log'],
    [logLevel.DEBUG, 'debug'],
  ])('keeps level %i of anything else', (level, expected) => {
    expect(levelOf(entry(level, 'Something that nobody has seen before'))).toBe(expected);
  });
});

describe('createLogCreator', () => {
  it('writes fields and a text, and nothing of the stack or of payloads', () => {
    const { lines, target } = open();
    createLogCreator(target)(logLevel.INFO)(
      entry(logLevel.ERROR, 'Odd', {
        error: 'why',
        groupId: 'g',
        stack: 'at x',
        payload: 'secret',
      }),
    );
    expect(lines).toEqual([
      {
        level: 'error',
        fields: { event: 'kafka.client', reason: 'why', group: 'g' },
        text: 'Runner: Odd',
      },
    ]);
  });

  it('counts the lines that it lowers, and only them', () => {
    const { target } = open();
    let lowered = 0;
    const write = createLogCreator(target, { onBenign: () => (lowered += 1) })(logLevel.INFO);
    write(entry(logLevel.WARN, 'The group is rebalancing, re-joining'));
    write(entry(logLevel.WARN, 'Something else'));
    expect(lowered).toBe(1);
  });

  it('tells of connection errors, but not of those that this service made', () => {
    const { target } = open();
    let errors = 0;
    const write = createLogCreator(target, { onConnectionError: () => (errors += 1) })(
      logLevel.INFO,
    );
    write(entry(logLevel.ERROR, 'Connection error: read ECONNRESET'));
    write(entry(logLevel.ERROR, 'Connection timeout'));
    write(entry(logLevel.ERROR, 'Connection error: closed by this service'));
    expect(errors).toBe(2);
  });
});

import { READING } from './fakes/records';
import { HandlerOptionsInvalidError, InboxMissingError } from './handling/handling.errors';
import { PipelineRegistry } from './pipeline.registry';
import type { InboxPort } from './ports/inbox';
import type { SinkPort } from './ports/sink';
import type { ReadOptions, Subscription } from './subscription';

type Options = Omit<ReadOptions, 'groupId'>;
type Kind = Subscription['target']['kind'];

const sink: SinkPort = { name: 'store', write: async () => [], probe: async () => undefined };
const inbox = { name: 'store' } as InboxPort;

function reader(kind: Kind, options: Options): Subscription {
  return {
    topic: 'readings',
    contract: READING,
    pipeline: 'lab',
    name: 'Lab.onReading',
    options: { ...options, groupId: 'lab' },
    target: kind === 'sink' ? { kind, sink } : { kind, handler: async () => undefined },
  };
}

function refusal(kind: Kind, options: Options): Error | null {
  try {
    new PipelineRegistry().register(reader(kind, options));
    return null;
  } catch (error) {
    return error as Error;
  }
}

describe('options of a handler or sink', () => {
  it.each<[string, Kind, Options]>([
    ['concurrencyPerPartition', 'batch', { concurrencyPerPartition: 4 }],
    ['concurrencyPerPartition', 'sink', { concurrencyPerPartition: 4 }],
    ['window', 'record', { concurrencyPerPartition: 4, window: { maxRecords: 10 } }],
    ['concurrencyPerPartition', 'record', { concurrencyPerPartition: 0 }],
    ['concurrencyPerPartition', 'record', { concurrencyPerPartition: 1.5 }],
    ['inbox', 'sink', { inbox: true }],
    ['timeoutMs', 'sink', { timeoutMs: 1_000 }],
    ['timeoutMs', 'record', { timeoutMs: 0 }],
    ['rateLimit.records', 'record', { rateLimit: { records: 0, perMs: 1_000 } }],
    ['rateLimit.perMs', 'sink', { rateLimit: { records: 10, perMs: Number.NaN } }],
    ['window.maxRecords', 'batch', { window: { maxRecords: -1 } }],
    ['window.maxWaitMs', 'batch', { window: { maxWaitMs: -1 } }],
    ['continue-latest', 'record', { onOffsetLost: 'continue-latest' }],
    ['deadLetterRatio', 'record', { stopTheLine: { deadLetterRatio: 20 } }],
    ['maxConsecutive', 'record', { stopTheLine: { maxConsecutive: 0 } }],
    ['failureRatio', 'record', { circuitBreaker: { failureRatio: 2 } }],
  ])(
    'are refused for %s of a %s, with the name of the handler and a fix',
    (what, kind, options) => {
      const error = refusal(kind, options);
      expect(error).toBeInstanceOf(HandlerOptionsInvalidError);
      expect(error?.message).toMatch(/^Lab\.onReading: /);
      expect(error?.message).toContain(what);
      expect(error).toHaveProperty('fixHere', expect.any(String));
    },
  );

  it.each<[Kind, Options]>([
    ['record', { concurrencyPerPartition: 4, timeoutMs: 40_000, inbox: true }],
    ['record', { onOffsetLost: 'continue-latest', startAt: 'latest', stopTheLine: false }],
    ['batch', { window: { maxRecords: 10, maxBytes: 1_000, maxWaitMs: 0 }, inbox: true }],
    ['sink', { rateLimit: { records: 1, perMs: 1 }, onOffsetLost: 'continue-earliest' }],
  ])('are taken for a %s when they fit together', (kind, options) => {
    expect(refusal(kind, options)).toBeNull();
  });

  it('[DEL-05] are refused at start when a handler wants an inbox and no adapter brought one', () => {
    const registry = new PipelineRegistry();
    registry.register(reader('record', { inbox: true }));
    expect(() => registry.check()).toThrow(InboxMissingError);
    expect(() => registry.check()).toThrow('Lab.onReading');
    registry.registerInbox(inbox);
    expect(() => registry.check()).not.toThrow();
  });
});

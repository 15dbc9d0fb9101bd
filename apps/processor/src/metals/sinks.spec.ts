import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SettingsModule, loadSettings } from 'millrace/config';
import type { PriceQuoted } from 'millrace/events';
import { PipelineRegistry, SINK_WRITER, connectPipeline, KAFKA_DRIVER } from 'millrace/pipeline';
import type { PipelineRecord, SinkRegistration } from 'millrace/pipeline';
import { ScriptedDriver } from '../../../../test/apps/scripted-driver';
import { PROCESSOR_SETTINGS } from '../processor.config';
import { ProcessorModule } from '../processor.module';

const event: PriceQuoted = {
  ...{ metal: 'gold', price: 2031.5, currency: 'USD', observedAt: '2024-01-31T00:00:00.000Z' },
};

const recordOf = (given: Partial<PriceQuoted>, eventId: string): PipelineRecord => ({
  ...{ event: { ...event, ...given }, eventId, topic: 'metals-prices', partition: 0 },
  raw: { offset: 7n, timestampMs: 1_706_800_000_000, key: null, value: null, headers: [] },
});

describe('the processor', () => {
  const registrations = new Map<string, SinkRegistration>();
  let app: INestApplication;

  beforeAll(async () => {
    const settings = loadSettings({
      slices: PROCESSOR_SETTINGS,
      env: { LOG_LEVEL: 'silent', NODE_ENV: 'test', MONGODB_URI: 'mongodb://127.0.0.1:9/' },
    });
    const writer = (registration: SinkRegistration) => {
      registrations.set(registration.groupId, registration);
      return registration.sink;
    };
    const testing = await Test.createTestingModule({
      imports: [SettingsModule.forRoot(settings), ProcessorModule],
    })
      .overrideProvider(KAFKA_DRIVER)
      .useValue(new ScriptedDriver().asDriver())
      .overrideProvider(SINK_WRITER)
      .useValue(writer)
      .compile();
    app = testing.createNestApplication({ logger: false });
    connectPipeline(app);
    await app.init();
    await app.startAllMicroservices();
  });
  afterAll(() => app.close());

  it('reads one topic in three groups of exactly these names [M-09] [W-83]', () => {
    const { subscriptions } = app.get(PipelineRegistry);
    const groups = subscriptions.map(({ options, topic }) => `${options.groupId} ${topic}`);
    expect(groups.sort()).toEqual([
      'metals-candles-processor metals-prices',
      'metals-latest-processor metals-prices',
      'metals-processor metals-prices',
    ]);
  });

  it('tries three times before a price becomes a dead letter [M-05]', () => {
    expect(registrations.get('metals-processor')?.options.onError).toMatchObject({
      rules: [],
      fallback: { kind: 'retry-in-place', maxAttempts: 3 },
    });
  });

  it('stores a price under its event id, with the times of event and publish apart [M-15]', () => {
    const { identity } = registrations.get('metals-processor') ?? {};
    const record = recordOf({}, 'id-1');
    expect(identity?.id(record)).toBe('id-1');
    expect(identity?.document?.(record)).toEqual({
      ...{ metal: 'gold', price: 2031.5, currency: 'USD', eventId: 'id-1' },
      observedAt: new Date('2024-01-31T00:00:00.000Z'),
      publishedAt: new Date(1_706_800_000_000),
    });
  });

  it('keeps one latest price per metal; time decides, then the event id', () => {
    const { identity } = registrations.get('metals-latest-processor') ?? {};
    const version = (observedAt: string, eventId: string) =>
      String(identity?.version?.(recordOf({ observedAt }, eventId)));
    expect(identity?.id(recordOf({}, 'id-1'))).toBe('gold');
    const inOrder = [
      version('1833-01-01T00:00:00.000Z', 'z'),
      version('2024-01-31T00:00:00.000Z', 'a'),
      version('2024-01-31T00:00:00.000Z', 'b'),
      version('2024-01-31T00:00:00.001Z', 'a'),
    ];
    expect([...inOrder].sort()).toEqual(inOrder);
    expect(new Set(inOrder).size).toBe(4);
  });
});

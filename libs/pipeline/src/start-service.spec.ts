import { EventEmitter } from 'node:events';
import { Controller, Global, Module } from '@nestjs/common';
import { metricsSettings, serviceSettings } from 'millrace/config';
import { Lifecycle } from 'millrace/health';
import { Consumes } from './consumes.decorator';
import type { AdminPort, KafkaDriver, ReaderPort, TopicSpec } from './ports/driver';
import { FakeConsumer } from './fakes/fake-consumer';
import { FakeProducer } from './fakes/fake-producer';
import { batchOf, READING } from './fakes/records';
import type { Reading } from './fakes/records';
import { httpSettings } from './http/http.settings';
import { LimitedHttpAdapter } from './http/limited-http.adapter';
import { pipelineSettings } from './pipeline.config';
import { PipelineModule } from './pipeline.module';
import { KAFKA_DRIVER } from './pipeline.tokens';
import type { ServiceDefinition, ServiceProcess } from './start-service';
import { startService } from './start-service';

const settings = [serviceSettings, metricsSettings, pipelineSettings];
const ENV = {
  // In production no file of the local engines is read: the machine has no say in this spec.
  NODE_ENV: 'production',
  READINESS_LAG_MS: '0',
  HTTP_PORT: '0',
  HTTP_HOST: '127.0.0.1',
  LOG_LEVEL: 'silent',
  PIPELINE_COMMIT_INTERVAL_MS: '1',
};

/** A process that keeps what a service does to it. */
class FakeProcess extends EventEmitter implements ServiceProcess {
  readonly written: string[] = [];
  readonly stderr = { write: (text: string) => this.written.push(text) };
  readonly exited: Promise<number>;
  exit: (code: number) => void = () => undefined;

  constructor(readonly env: Readonly<Record<string, string | undefined>>) {
    super();
    this.exited = new Promise((resolve) => {
      this.exit = resolve;
    });
  }
}

/** A driver whose brokers answer when the test lets them. */
function driverOf() {
  const consumer = new FakeConsumer();
  const topics: string[] = [];
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const driver: KafkaDriver = {
    name: 'memory',
    address: 'fake:9092',
    capabilities: { awaitedRevoke: true, cooperative: false, staticMembership: false },
    connect: async () => undefined,
    consumer: () => consumer,
    producer: () => new FakeProducer(),
    reader: () => ({}) as ReaderPort,
    admin: () =>
      ({
        describeTopics: async (names: readonly string[]) =>
          names.map((topic) => ({ topic, exists: true, partitions: 6, replicationFactor: 1 })),
      }) as unknown as AdminPort,
    ensureTopics: async (specs: readonly TopicSpec[]) => {
      await answered;
      topics.push(...specs.map(({ topic, partitions }) => `${topic} ${partitions}`));
    },
    watchLag: () => undefined,
    lagOf: () => null,
    health: () => ({ connected: true, lastSuccessAgeMs: 0 }),
    close: async () => undefined,
  };
  return { driver, consumer, topics, answer: () => answer() };
}

/** @param hangsAt - the handler of this reading never ends. */
function definitionOf(driver: KafkaDriver, handled: number[], hangsAt = -1): ServiceDefinition {
  @Controller()
  class Lab {
    @Consumes(READING, { groupId: 'lab' })
    async onReading({ n }: Reading) {
      handled.push(n);
      if (n === hangsAt) await new Promise(() => undefined);
    }
  }
  @Global()
  @Module({ providers: [{ provide: KAFKA_DRIVER, useValue: driver }], exports: [KAFKA_DRIVER] })
  class DriverModule {}
  @Module({
    imports: [PipelineModule.forRoot({ service: 'lab' }), DriverModule],
    controllers: [Lab],
  })
  class LabModule {}
  return { service: 'lab', module: LabModule, settings };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; !(await condition()); turn += 1) {
    if (turn > 2_000) throw new Error('the condition did not come true');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('startService', () => {
  it('[CFG-01] ends with 1 and lists every problem, and no value, when the settings are bad', async () => {
    const host = new FakeProcess({
      ...ENV,
      HTTP_PORT: 'port-value',
      PIPELINE_SLICE_RECORDS: 'slice-value',
    });
    const { driver } = driverOf();
    expect(await startService(definitionOf(driver, []), host)).toBeUndefined();
    expect(await host.exited).toBe(1);
    const text = host.written.join('');
    expect(text).toMatch(/^CONFIG_INVALID/);
    expect(text).toContain('HTTP_PORT');
    expect(text).toContain('PIPELINE_SLICE_RECORDS');
    expect(text).not.toMatch(/port-value|slice-value|\n\s+at /);
  });

  it('[CFG-02] ends with 1 and lists everything unsafe, before any connection', async () => {
    const env = { ...ENV, DRAIN_BUDGET_MS: '600000', PIPELINE_GIVE_UP_MS: '1000' };
    const host = new FakeProcess(env);
    const { driver } = driverOf();
    const connect = jest.spyOn(driver, 'connect');
    expect(await startService(definitionOf(driver, []), host)).toBeUndefined();
    expect(await host.exited).toBe(1);
    const text = host.written.join('');
    expect(text).toMatch(/^CONFIG_UNSAFE/);
    expect(text).toContain('(DRAIN_EXCEEDS_GRACE)\n    danger: ');
    expect(text).toContain('(GIVES_UP_BEFORE_STALL)\n    danger: ');
    expect(connect).not.toHaveBeenCalled();
  });

  it('[CFG-02] starts in spite of what CONFIG_ALLOW names, and says so whatever the level of the log', async () => {
    const host = new FakeProcess({
      ...ENV,
      PIPELINE_GIVE_UP_MS: '1000',
      CONFIG_ALLOW: 'GIVES_UP_BEFORE_STALL',
    });
    const app = await startService(definitionOf(driverOf().driver, []), host);
    expect(app).toBeDefined();
    expect(host.written).toEqual([
      expect.stringMatching(
        /^UNSAFE, allowed by CONFIG_ALLOW=GIVES_UP_BEFORE_STALL: PIPELINE_GIVE/,
      ),
    ]);
    host.emit('SIGTERM', 'SIGTERM');
    expect(await host.exited).toBe(0);
  });

  it('ends with 1 and shows the code when a handler is refused', async () => {
    @Controller()
    class Twice {
      @Consumes(READING, { groupId: 'lab' })
      onOne() {}

      @Consumes(READING, { groupId: 'lab' })
      onTwo() {}
    }
    const definition = definitionOf(driverOf().driver, []);
    @Module({ imports: [definition.module], controllers: [Twice] })
    class TwiceModule {}
    const host = new FakeProcess(ENV);
    await startService({ ...definition, module: TwiceModule }, host);
    expect(await host.exited).toBe(1);
    expect(host.written.join('')).toMatch(/^HANDLER_DUPLICATE/);
  });

  it('[S17] serves with the HTTP server of the definition, which has limits', async () => {
    const host = new FakeProcess({ ...ENV, HTTP_MAX_CONNECTIONS: '7' });
    const app = await startService(
      {
        ...definitionOf(driverOf().driver, []),
        settings: [...settings, httpSettings],
        httpAdapter: (all) => new LimitedHttpAdapter(all.get(httpSettings)),
      },
      host,
    );
    expect(app?.getHttpServer()).toMatchObject({ maxConnections: 7, headersTimeout: 10_000 });
    expect((await fetch(`${await app?.getUrl()}/livez`)).status).toBe(200);
    host.emit('SIGTERM');
    expect(await host.exited).toBe(0);
  });

  it('[HLT-04] answers HTTP before Kafka does, serves, drains at SIGTERM and ends with 0', async () => {
    const handled: number[] = [];
    const { driver, consumer, topics, answer } = driverOf();
    const host = new FakeProcess(ENV);
    const app = await startService(definitionOf(driver, handled), host);
    const url = await app?.getUrl();
    const statusOf = async (path: string) => (await fetch(`${url}${path}`)).status;
    expect([await statusOf('/livez'), await statusOf('/readyz')]).toEqual([200, 503]);

    answer();
    await until(() => topics.length === 3);
    expect(topics).toEqual(['readings -1', 'readings.dead-letter 6', 'readings.retry.0 6']);
    await consumer.assign(0);
    await until(async () => (await statusOf('/readyz')) === 200);
    await consumer.deliver(batchOf(0, 3));
    await until(() => consumer.commits.length === 1);
    expect(handled).toEqual([0, 1, 2]);
    await consumer.emit('offsetLost', {
      ...{ topic: 'readings', partition: 0 },
      ...{ committed: 3n, earliest: 9n, end: 9n },
    });
    expect(await statusOf('/readyz')).toBe(503);

    host.emit('SIGTERM');
    expect(await host.exited).toBe(0);
    expect(consumer.stopped).toBe(1);
    expect(host.written).toEqual([]);
  });

  /** A service that has handled records 0-2 and hangs in record 3; nothing is committed by time. */
  async function hanging() {
    const handled: number[] = [];
    const { driver, consumer, answer } = driverOf();
    const env = { ...ENV, PIPELINE_COMMIT_INTERVAL_MS: '60000', PIPELINE_SLICE_RECORDS: '3' };
    const host = new FakeProcess(env);
    const app = await startService(definitionOf(driver, handled, 3), host);
    answer();
    await until(() => app?.get(Lifecycle).state === 'serving');
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 4));
    await until(() => handled.length === 4);
    const committed = () =>
      consumer.commits.flatMap(({ offsets }) => offsets.map(({ next }) => next));
    return { app, host, committed };
  }

  it.each(['uncaughtException', 'unhandledRejection'])(
    '[HLT-03] commits what is finished and ends with 1 within a second after an %s',
    async (event) => {
      const { host, committed } = await hanging();
      const crashedAtMs = performance.now();
      host.emit(event, new Error('bug'));
      expect(await host.exited).toBe(1);
      expect(committed()).toEqual([3n]);
      expect(performance.now() - crashedAtMs).toBeLessThan(2_000);
    },
  );

  it('[HLT-03] commits what is finished and ends with 1 when the service gives itself up', async () => {
    const { app, host, committed } = await hanging();
    app?.get(Lifecycle).fail(new Error('a dead loop'));
    expect(await host.exited).toBe(1);
    expect(committed()).toEqual([3n]);
  });
});

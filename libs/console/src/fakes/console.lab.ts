import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { defineServiceSettings, loadSettings } from 'millrace/config';
import type { Environment, Settings } from 'millrace/config';
import { defineContract } from 'millrace/contracts';
import { Metrics } from 'millrace/metrics';
import { createOperations } from 'millrace/operations';
import type { Operations } from 'millrace/operations';
import { DEAD_LETTER_HEADERS, deadLetterTopicOf } from 'millrace/pipeline';
import type { ProcessReport } from 'millrace/pipeline';
import { systemClock } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import {
  MemoryAuditLog,
  MemoryBroker,
  MemoryControlStore,
  MemoryDriver,
  MemoryJobStore,
  MemoryParkedLetters,
} from 'millrace/testing';
import { z } from 'zod';
import { defineConsoleSettings } from '../console.config';
import { ConsoleListener } from '../console.listener';
import type { ConsoleOptions } from '../console.options';
import { createConsoleServer } from '../console.server';
import { ConsoleCaller } from './console.caller';

/** Tokens of the lab; the console knows their hashes. */
export const TOKENS = {
  viewer: 'viewer-canary-4f1d0c7be0',
  operator: 'operator-canary-91ab77c2d3',
  admin: 'admin-canary-77e02b5c1a',
  expired: 'expired-canary-0d3f2a9b44',
} as const;
export type TokenName = keyof typeof TOKENS;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const HASHES = [
  `viewer/vera:${sha256(TOKENS.viewer)}`,
  `operator/otto:${sha256(TOKENS.operator)}`,
  `admin/ada:${sha256(TOKENS.admin)}`,
  `admin/erik:${sha256(TOKENS.expired)}@2020-01-01`,
].join(',');

/** A contract with personal data. */
export const Ordered = defineContract({
  name: 'shop.order.placed',
  version: 1,
  topic: 'orders',
  key: ({ id }) => id,
  schema: z.strictObject({ id: z.string(), email: z.string(), amount: z.number() }),
  personalData: ['email'],
});

export const DEAD_LETTERS = deadLetterTopicOf('orders');

const REPORT: ProcessReport = {
  process: 'shop-1',
  service: 'shop',
  serviceVersion: '1.0.0',
  at: new Date(),
  groups: [
    {
      groupId: 'orders',
      pipeline: 'orders',
      state: 'assigned',
      lineStopped: false,
      inFlightRecords: 2,
      readers: [
        {
          name: 'OrderSink',
          topic: 'orders',
          contract: 'shop.order.placed v1',
          target: 'sink',
          retryTopics: [],
          idempotent: true,
        },
      ],
      partitions: [{ topic: 'orders', partition: 0, paused: false }],
      pauses: [],
    },
  ],
};

export interface ConsoleLabOptions extends ConsoleOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly environment?: Environment;
  readonly clock?: Clock;
  /** Puts doubles in place of operations. */
  readonly operations?: (real: Operations) => Operations;
}

/** A console on its port, on operations in memory: one group `orders`, three dead letters. */
export class ConsoleLab {
  readonly controls = new MemoryControlStore();
  readonly audit = new MemoryAuditLog();
  readonly parked = new MemoryParkedLetters();
  readonly metrics = new Metrics();
  /** Everything that was logged. */
  readonly log: string[] = [];
  readonly broker: MemoryBroker;
  readonly jobs: MemoryJobStore;
  readonly settings: Settings;
  readonly operations: Operations;
  readonly listener: ConsoleListener;
  private readonly driver: MemoryDriver;
  private readonly server;

  private constructor(options: ConsoleLabOptions) {
    const {
      clock = systemClock,
      env,
      environment = 'test',
      operations = (real) => real,
      ...consoleOptions
    } = options;
    const keep = (...parts: unknown[]) => void this.log.push(JSON.stringify(parts));
    Logger.overrideLogger({ log: keep, warn: keep, error: keep, debug: keep, verbose: keep });
    this.broker = new MemoryBroker({ clock });
    this.driver = new MemoryDriver({ broker: this.broker });
    this.jobs = new MemoryJobStore(clock);
    this.settings = labSettings(env);
    const { controls, audit, parked, jobs, driver } = this;
    const contracts = () => [Ordered];
    const stores = { controls, audit, parked, jobs, contracts };
    this.operations = operations(
      createOperations({ driver, clock, random: Math.random, ...stores }),
    );
    this.server = createConsoleServer({
      operations: this.operations,
      audit,
      settings: this.settings,
      environment,
      metrics: this.metrics,
      clock,
      options: consoleOptions,
    });
    this.listener = new ConsoleListener(this.server);
  }

  static async open(options: ConsoleLabOptions = {}): Promise<ConsoleLab> {
    const lab = new ConsoleLab(options);
    lab.broker.createTopic({ topic: 'orders', partitions: 2 });
    lab.broker.createTopic({ topic: DEAD_LETTERS, partitions: 2 });
    lab.broker.createTopic({ topic: 'orders.retry.0', partitions: 2 });
    await lab.controls.report({ ...REPORT, at: new Date() });
    for (const id of ['one', 'two', 'three']) lab.letter(id);
    await lab.listener.onApplicationBootstrap();
    return lab;
  }

  /** Calls with the token of a role; without one as nobody. */
  as(token?: TokenName): ConsoleCaller {
    const header = token === undefined ? {} : { Authorization: `Bearer ${TOKENS[token]}` };
    return new ConsoleCaller(this.port, header);
  }

  get port(): number {
    return this.listener.port ?? 0;
  }

  /** Dead letters of one order, on partition 0. */
  letter(id: string, value?: string): void {
    const event = { id, email: `${id}@canary.example`, amount: -1 };
    const headers = {
      reason: 'contract-invalid',
      errorCode: 'CONTRACT_INVALID',
      errorMessage: 'amount must be above 0',
      originalTopic: 'orders',
      originalPartition: '0',
      originalOffset: '7',
      consumerGroup: 'orders',
      contract: 'shop.order.placed v1',
      attempts: '1',
      failedAt: '2026-01-01T00:00:00.000Z',
    } as const;
    this.broker.append(DEAD_LETTERS, {
      key: Buffer.from(id),
      value: Buffer.from(value ?? JSON.stringify(event)),
      partition: 0,
      headers: Object.entries(headers).map(
        ([name, text]) =>
          [DEAD_LETTER_HEADERS[name as keyof typeof headers], Buffer.from(text)] as const,
      ),
    });
  }

  async close(): Promise<void> {
    await this.listener.onApplicationShutdown();
    await this.operations.close({ deadlineMs: 100 });
    await this.driver.close({ deadlineMs: 100 });
  }
}

export function labSettings(env: ConsoleLabOptions['env'] = {}): Settings {
  return loadSettings({
    slices: [defineServiceSettings({ httpPort: 0 }), defineConsoleSettings({ port: 0 })],
    env: {
      NODE_ENV: 'test',
      CONSOLE_ENABLED: 'true',
      CONSOLE_TOKEN_HASH: HASHES,
      ...env,
    },
  });
}

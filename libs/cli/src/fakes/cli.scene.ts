import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOperations } from 'millrace/operations';
import type { Operations } from 'millrace/operations';
import {
  FakeClock,
  MemoryAuditLog,
  MemoryBroker,
  MemoryControlStore,
  MemoryDriver,
  MemoryJobStore,
  MemoryParkedLetters,
} from 'millrace/testing';
import type { CliEdge, CliStop, Servers } from '../edge';
import type { ExitCode } from '../exit-codes';
import { runCli } from '../run-cli';
import { project } from './orders';
import { RecordedOutput, typed } from './streams';

export interface Outcome {
  readonly code: ExitCode;
  readonly stdout: RecordedOutput;
  readonly stderr: RecordedOutput;
}

export interface Call {
  readonly stdin?: string;
  /** Standard output and error are a terminal. */
  readonly terminal?: boolean;
  /** Standard input is a terminal too. */
  readonly typed?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What happens while the command runs; its answer stops it. */
  readonly meanwhile?: (outcome: Omit<Outcome, 'code'>) => Promise<CliStop | void>;
}

const LETTER_HEADERS: Readonly<Record<string, string>> = {
  'dead-letter-reason': 'handler-permanent',
  'dead-letter-error-code': 'CUSTOMER_UNKNOWN',
  'dead-letter-error-class': 'CustomerUnknownError',
  'dead-letter-error-message': 'no such customer',
  'dead-letter-original-topic': 'orders',
  'dead-letter-original-partition': '0',
  'dead-letter-original-offset': '7',
  'dead-letter-original-timestamp': '2024-01-01T00:00:00.000Z',
  'dead-letter-consumer-group': 'orders-billing',
  'dead-letter-pipeline': 'orders',
  'dead-letter-attempts': '1',
  'dead-letter-failed-at': '2024-01-01T00:00:02.000Z',
  'dead-letter-first-failed-at': '2024-01-01T00:00:01.000Z',
  'dead-letter-contract': 'orders.order.placed v2',
};

/** A command that needs more has been forgotten by somebody. */
const MOST_TURNS = 5_000;

/** The command line on an in-memory broker and in-memory stores. */
export class CliScene {
  readonly clock = new FakeClock();
  readonly broker = new MemoryBroker({ clock: this.clock });
  readonly controls = new MemoryControlStore();
  readonly jobs = new MemoryJobStore(this.clock);
  readonly audit = new MemoryAuditLog();
  readonly parked = new MemoryParkedLetters();
  readonly directory = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  /** What verbs opened. */
  readonly opened: string[] = [];
  closed = 0;
  /** Thrown when a verb opens servers. */
  outage: Error | undefined;
  facts = {
    version: '8.0.0',
    replicaSet: 'rs0' as string | null,
    isWritablePrimary: true,
    hasTransactions: true,
    clockSkewMs: 3 as number | null,
  };

  constructor() {
    this.write('package.json', JSON.stringify({ millrace: { project: 'project.cjs' } }));
    this.write(
      'project.cjs',
      `module.exports = require(${JSON.stringify(join(__dirname, 'orders'))});`,
    );
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.directory, file), text);
  }

  makeFolder(folder: string): void {
    mkdirSync(join(this.directory, folder), { recursive: true });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** A service says that it has a group that reads `orders`. */
  async serve(
    groupId = 'orders-billing',
    reader: { readonly idempotent?: boolean; readonly ownOffsets?: boolean } = {},
  ): Promise<void> {
    this.broker.createTopic({ topic: 'orders', partitions: 3 });
    const group = {
      ...{ groupId, pipeline: 'orders', state: 'assigned', lineStopped: false, inFlightRecords: 0 },
      ...{ partitions: [], pauses: [] },
      readers: [
        {
          ...{
            name: 'BillingConsumer.onOrder',
            topic: 'orders',
            contract: 'orders.order.placed v2',
          },
          ...{ target: 'sink' as const, retryTopics: [], idempotent: true, ...reader },
        },
      ],
    };
    await this.controls.report({
      ...{ process: 'billing-1', service: 'billing', serviceVersion: '1.0.0' },
      at: new Date(this.clock.now()),
      groups: [group],
    });
  }

  /** A dead letter of the group, as a pipeline writes it; the lane of redrives is there. */
  bury(orderId: string, headers: Readonly<Record<string, string>> = {}): void {
    for (const topic of ['orders', 'orders.dead-letter', 'orders.retry.0']) {
      this.broker.createTopic({ topic, partitions: 1 });
    }
    const texts = { ...LETTER_HEADERS, 'dead-letter-event-id': `id-${orderId}`, ...headers };
    const value = { orderId, amount: 1, customer: { email: 'canary@example.com' } };
    this.broker.append('orders.dead-letter', {
      partition: 0,
      key: Buffer.from(orderId),
      value: Buffer.from(JSON.stringify(value)),
      headers: Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)] as const),
    });
  }

  /** Publishes orders, one per id. */
  async place(...orderIds: readonly string[]): Promise<void> {
    const stdin = orderIds.map((orderId) => `${JSON.stringify({ orderId, amount: 1 })}\n`).join('');
    await this.run(['produce', 'orders'], { stdin });
  }

  /** Runs one command line; time passes until it has ended. */
  async run(argv: readonly string[], call: Call = {}): Promise<Outcome> {
    const stopping = new AbortController();
    const stdout = new RecordedOutput(call.terminal === true);
    const stderr = new RecordedOutput(call.terminal === true);
    const stdin = typed(call.typed ?? call.stdin ?? '', call.typed !== undefined);
    const edge: CliEdge = {
      ...{ stdin, stdout, stderr, clock: this.clock, random: () => 0.5 },
      ...{ signal: stopping.signal, directory: this.directory, version: '1.2.3' },
      env: { ORDERS_TOKEN: 'canary', ...call.env },
      user: () => 'ada',
      servers: () => this.servers(),
    };
    let code: ExitCode | undefined;
    const ended = runCli(argv, edge).then((ending) => (code = ending));
    void call.meanwhile?.({ stdout, stderr }).then((stop) => {
      if (stop !== undefined) stopping.abort(stop);
    });
    for (let turn = 0; code === undefined; turn += 1) {
      if (turn > MOST_TURNS) throw new Error(`${argv.join(' ')} does not end`);
      await this.clock.advance(50);
      await new Promise(setImmediate);
    }
    await ended;
    return { code, stdout, stderr };
  }

  /** The client of somebody else. */
  driver(): MemoryDriver {
    return new MemoryDriver({ broker: this.broker });
  }

  /** What a service or another operator sees. */
  operations(): Operations {
    const { clock, controls, jobs, audit, parked } = this;
    return createOperations({
      ...{ clock, controls, jobs, audit, parked, random: () => 0.5, process: 'scene' },
      driver: this.driver(),
      contracts: () => project.contracts,
    });
  }

  private servers(): Servers {
    const { clock, controls, jobs, audit, parked } = this;
    const driver = new MemoryDriver({ broker: this.broker, clientId: 'cli' });
    const operations = createOperations({
      ...{ driver, clock, controls, jobs, audit, parked, random: () => 0.5, process: 'cli' },
      contracts: () => project.contracts,
    });
    return {
      ...{ driver, operations, controls, audit },
      open: async (names) => {
        if (this.outage !== undefined) throw this.outage;
        this.opened.push(...names);
      },
      databaseFacts: async () => this.facts,
      close: async () => {
        this.closed += 1;
        await driver.close({ deadlineMs: 100 });
      },
    };
  }
}

import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { Contract } from 'millrace/contracts';
import type { KafkaDriver, OutgoingRecord, ProducerPort, PublishResult } from 'millrace/pipeline';
import type { Cli } from '../cli';
import { CliFileUnreadableError } from '../cli.errors';
import { confirm } from '../confirm';
import type { WriteOptions } from '../confirm';
import { EXIT_CODES, exitCodeOf } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { linesOf } from '../input/lines';
import { jsonLine } from '../output/json';
import type { ProgressBar } from '../output/progress.bar';
import type { Perform } from '../program';
import { contractOf } from '../project';
import { readEvent } from './produce.event';
import type { Prepared, Refused } from './produce.event';
import { writing } from './verb';

interface ProduceOptions extends WriteOptions {
  readonly file?: string;
  readonly envelope?: boolean;
}

/** Longest line; unit bytes. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
const BATCH_RECORDS = 500;
const BATCH_BYTES = 4 * 1024 * 1024;
const DEADLINE_MS = 30_000;

/** `produce`: JSON lines become events of a contract. */
export function registerProduce(program: Command, perform: Perform): void {
  const command = program
    .command('produce')
    .description('publishes JSON lines as events of a contract; bad lines are told and left out')
    .argument('<contract>', 'name of the contract, or its topic')
    .option('--file <file>', 'read this file; default: standard input')
    .option('--envelope', 'lines are {"event": ..., "eventId": ...}, as tail -o json prints them');
  writing(command).action((name: string, options: ProduceOptions) =>
    perform((cli) => new Production(cli, name, options).run()),
  );
}

/** One run of `produce`. Holds one batch at a time. */
class Production {
  private readonly contract: Contract;
  private readonly counts = { sent: 0, refused: 0, failed: 0, unknown: 0 };
  private readonly bar: ProgressBar;
  private batch: Prepared[] = [];
  private batchBytes = 0;
  private producer: ProducerPort | undefined;
  private code: ExitCode = EXIT_CODES.ok;

  constructor(
    private readonly cli: Cli,
    name: string,
    private readonly options: ProduceOptions,
  ) {
    this.contract = contractOf(cli.requireProject(), name);
    this.bar = cli.progress('produce');
  }

  async run(): Promise<ExitCode> {
    const { cli, contract, options } = this;
    const isDry = options.dryRun === true;
    if (!isDry) {
      const pipeline = contract.name.split('.', 1)[0] ?? contract.name;
      await confirm(cli, options, { pipeline, what: `publish to topic ${contract.topic}` });
      const { driver } = await cli.servers('kafka');
      await ensureTopic(driver, contract);
      this.producer = driver.producer({ name: 'cli' });
    }
    try {
      await this.readAll();
    } finally {
      this.bar.end();
      await this.producer?.close({ deadlineMs: DEADLINE_MS });
    }
    await this.summary(isDry);
    return this.code;
  }

  private async readAll(): Promise<void> {
    const { cli, contract, options } = this;
    for await (const line of linesOf(await this.input(), MAX_LINE_BYTES)) {
      cli.edge.signal.throwIfAborted();
      if (line.text?.trim() === '') continue;
      const read = readEvent(contract, line, {
        isEnvelope: options.envelope === true,
        clock: cli.edge.clock,
      });
      if ('error' in read) await this.refuse(read);
      else await this.take(read);
    }
    await this.flush();
  }

  private async refuse({ line, error }: Refused): Promise<void> {
    this.counts.refused += 1;
    this.code = this.code === EXIT_CODES.ok ? EXIT_CODES.finding : this.code;
    this.bar.end();
    this.cli.output.note(`line ${line}: ${error.code}  ${error.message}`);
    await this.tell({ line, status: 'refused', code: error.code, message: error.message });
  }

  private async take(prepared: Prepared): Promise<void> {
    this.batch.push(prepared);
    this.batchBytes += prepared.record.value?.length ?? 0;
    if (this.batch.length >= BATCH_RECORDS || this.batchBytes >= BATCH_BYTES) await this.flush();
  }

  private async flush(): Promise<void> {
    const batch = this.batch;
    this.batch = [];
    this.batchBytes = 0;
    const results = await this.publish(batch.map(({ record }) => record));
    for (const [at, { line, eventId }] of batch.entries()) {
      await this.settle(line, eventId, results?.[at]);
    }
    this.bar.show(this.counts.sent);
  }

  private async publish(
    records: readonly OutgoingRecord[],
  ): Promise<readonly PublishResult[] | undefined> {
    if (this.producer === undefined || records.length === 0) return undefined;
    return this.producer.publish(records, { deadlineMs: DEADLINE_MS });
  }

  /** @param result - undefined in a dry run. */
  private async settle(line: number, eventId: string, result?: PublishResult): Promise<void> {
    if (result === undefined || result.status === 'acked') {
      this.counts.sent += 1;
      await this.tell({ line, eventId, ...(result ?? { status: 'valid' }) });
      return;
    }
    const { status, error } = result;
    this.counts[status] += 1;
    this.code = exitCodeOf(error);
    this.cli.output.note(`line ${line}: ${status}  ${error.code}  ${error.message}`);
    await this.tell({ line, eventId, status, code: error.code, message: error.message });
  }

  /** One JSON line per line of the input, in its order within a batch. */
  private async tell(result: object): Promise<void> {
    if (this.cli.output.isJson) await this.cli.output.line(jsonLine(result));
  }

  private async summary(isDry: boolean): Promise<void> {
    const { sent, refused, failed, unknown } = this.counts;
    if (this.cli.output.isJson) return;
    await this.cli.output.facts(
      [
        ['topic', this.contract.topic],
        [isDry ? 'valid' : 'sent', sent],
        ['refused', refused],
        ...(failed === 0 ? [] : [['failed', failed] as const]),
        ...(unknown === 0 ? [] : [['unknown', unknown] as const]),
      ],
      {},
    );
  }

  private async input(): Promise<Readable> {
    const { file } = this.options;
    if (file === undefined || file === '-') return this.cli.edge.stdin;
    const stream = createReadStream(resolve(this.cli.edge.directory, file));
    return new Promise((accept, reject) => {
      stream.once('open', () => accept(stream));
      stream.once('error', (cause) =>
        reject(
          new CliFileUnreadableError({ message: 'the file cannot be read', where: file, cause }),
        ),
      );
    });
  }
}

/** As the services do: made where that is allowed, else told with the command that makes it. */
async function ensureTopic(driver: KafkaDriver, { topic, topicSettings }: Contract): Promise<void> {
  const { partitions = -1, configs } = topicSettings;
  const spec = { topic, partitions, replicationFactor: -1 };
  await driver.ensureTopics([configs === undefined ? spec : { ...spec, configs }]);
}

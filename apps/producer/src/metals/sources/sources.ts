import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { SETTINGS } from 'millrace/config';
import type { Settings } from 'millrace/config';
import { METALS } from 'millrace/events';
import { Lifecycle } from 'millrace/health';
import { CLOCK, RANDOM } from 'millrace/pipeline';
import type { Clock, Random } from 'millrace/retry';
import { producerSettings } from '../../producer.config';
import type { ProducerSettings } from '../../producer.config';
import { SourceRunningError } from '../../producer.errors';
import { PricePublisher } from '../price.publisher';
import { findFile } from './file.source';
import { GeneratorSource } from './generator.source';
import type { GeneratorOptions } from './generator.source';
import { LEDGER_CAPACITY_IDS, Ledger } from './ledger';
import type { Source } from './source';
import type { SourceStatus } from './source.progress';
import { SourceRun } from './source.run';

/** The sources that can be started; closed set. */
export const SOURCE_KINDS = ['file', 'generator'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

const IDLE: SourceStatus = Object.freeze({ state: 'idle', published: 0, failed: 0 });
/** Above the consumers and the producers: what makes records stops first. */
const SOURCES_ORDER = 40;

interface Running {
  readonly run: SourceRun;
  readonly ended: Promise<void>;
}

/** Starts the sources, each at most once at a time, and stops them at drain. */
@Injectable()
export class Sources implements OnModuleInit {
  readonly ledger: Ledger;
  private readonly logger = new Logger('Sources');
  private readonly settings: ProducerSettings;
  private readonly runs = new Map<SourceKind, Running>();

  constructor(
    private readonly publisher: PricePublisher,
    private readonly lifecycle: Lifecycle,
    @Inject(SETTINGS) settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM) private readonly random: Random,
  ) {
    this.settings = settings.get(producerSettings);
    // Nobody can read it when the routes are off.
    this.ledger = new Ledger(this.settings.sourcesHttp ? LEDGER_CAPACITY_IDS : 0);
  }

  onModuleInit(): void {
    this.lifecycle.register({ name: 'sources', order: SOURCES_ORDER, drain: () => this.drain() });
    // A service that stops before it ever served starts nothing.
    void this.lifecycle.whenServing().then(
      () => this.startConfigured(),
      () => undefined,
    );
  }

  /**
   * Replays a file of the data directory.
   *
   * @throws {SourceRunningError} SOURCE_RUNNING
   * @throws {SourceFileUnknownError} SOURCE_FILE_UNKNOWN
   */
  async replay(name: string): Promise<SourceStatus> {
    return this.start('file', await findFile(this.settings.dataDirectory, name));
  }

  /** Starts the generator. @throws {SourceRunningError} SOURCE_RUNNING */
  generate(options: GeneratorOptions): SourceStatus {
    return this.start('generator', new GeneratorSource(options, this.clock));
  }

  /** How each source is, or how its last run ended. */
  status(): Readonly<Record<SourceKind, SourceStatus>> {
    return { file: this.statusOf('file'), generator: this.statusOf('generator') };
  }

  private start(kind: SourceKind, source: Source): SourceStatus {
    if (this.statusOf(kind).state === 'running') {
      throw new SourceRunningError({ message: `the ${kind} source is running already` });
    }
    const { publisher, ledger, clock, random } = this;
    const run = new SourceRun(source, { publisher, ledger, clock, random });
    this.runs.set(kind, { run, ended: run.run() });
    this.logger.log({ event: 'admin.action', source: source.name }, `${source.name}: started`);
    return this.statusOf(kind);
  }

  private statusOf(kind: SourceKind): SourceStatus {
    return this.runs.get(kind)?.run.progress.status ?? IDLE;
  }

  private async startConfigured(): Promise<void> {
    const { sourceFile, generatorRate, generatorSeed } = this.settings;
    if (generatorRate > 0) {
      this.generate({
        metals: METALS,
        count: Number.POSITIVE_INFINITY,
        ratePerSecond: generatorRate,
        seed: generatorSeed,
      });
    }
    if (sourceFile === undefined) return;
    try {
      await this.replay(sourceFile);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.error({ event: 'source.ended', error: reason }, `SOURCE_FILE: ${reason}`);
    }
  }

  private async drain(): Promise<void> {
    const running = [...this.runs.values()];
    for (const { run } of running) run.stop();
    await Promise.all(running.map(({ ended }) => ended));
  }
}

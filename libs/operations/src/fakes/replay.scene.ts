import { PipelineRegistry, PipelineRuntime } from 'millrace/pipeline';
import type { Job, ReaderPort } from 'millrace/pipeline';
import {
  FakeClock,
  MemoryAuditLog,
  MemoryControlStore,
  MemoryDriver,
  MemoryJobStore,
  testPipeline,
} from 'millrace/testing';
import type { TestPipeline } from 'millrace/testing';
import { Groups } from '../groups/groups';
import type { ReplayProgress } from '../replays/replay.views';
import { Replays } from '../replays/replays';
import { ReplayWorker } from '../replays/replay.worker';
import { Quoted, ReplayLabModule, mails } from './replay.lab';

/** One service with handlers and replays, in memory; operators act from outside of it. */
export class ReplayScene {
  /** Makes records unreadable for operators. */
  readsFail = false;
  private readonly workers: ReplayWorker[] = [];
  private isServing = true;

  private constructor(
    readonly clock: FakeClock,
    readonly pipeline: TestPipeline,
    readonly controls: MemoryControlStore,
    readonly jobs: MemoryJobStore,
    readonly audit: MemoryAuditLog,
    readonly operations: { readonly groups: Groups; readonly replays: Replays },
    private readonly driver: MemoryDriver,
  ) {}

  static async open(): Promise<ReplayScene> {
    mails.length = 0;
    const clock = new FakeClock();
    const controls = new MemoryControlStore();
    const jobs = new MemoryJobStore(clock);
    const audit = new MemoryAuditLog();
    const pipeline = await testPipeline(ReplayLabModule, { clock, controlStore: controls });
    const driver = new MemoryDriver({ broker: pipeline.broker, clientId: 'operator' });
    const admin = () => driver.admin();
    const memory = driver.reader();
    const read: ReaderPort['read'] = async (from, limits) => {
      if (scene.readsFail) throw new Error('away');
      return memory.read(from, limits);
    };
    const parts = { admin, reader: () => ({ read }), clock, controls, jobs, audit };
    const operations = { groups: new Groups(parts), replays: new Replays(parts) };
    const scene = new ReplayScene(clock, pipeline, controls, jobs, audit, operations, driver);
    await clock.runUntil(async () => (await controls.reports()).length === 1);
    return scene;
  }

  /** Quotes of one metal, one per second; all on one partition. @returns the partition. */
  async quote(...times: readonly number[]): Promise<number> {
    let partition = 0;
    for (const at of times) {
      await this.clock.advance(1_000);
      ({ partition } = await this.pipeline.publish(Quoted, { metal: 'gold', at }));
    }
    await this.pipeline.settled();
    return partition;
  }

  /** One more process that runs replays; here they share the handlers. */
  work(name = 'one'): ReplayWorker {
    const runtime = this.pipeline.app.get(PipelineRuntime);
    const registry = this.pipeline.app.get(PipelineRegistry, { strict: false });
    const worker = new ReplayWorker({
      jobs: this.jobs,
      audit: this.audit,
      runtime: { process: name, startShadow: (spec) => runtime.startShadow(spec) },
      subscriptions: () => registry.subscriptions,
      clock: this.clock,
    });
    worker.start();
    this.workers.push(worker);
    return worker;
  }

  async drain(worker: ReplayWorker): Promise<void> {
    await this.through(worker.drain());
  }

  /** Waits until a job is over. */
  async ended(id: string): Promise<Job> {
    await this.clock.runUntil(async () => !['waiting', 'running'].includes(await this.stateOf(id)));
    return (await this.jobs.get(id)) as Job;
  }

  async progressOf(id: string): Promise<ReplayProgress> {
    return (await this.jobs.get(id))?.progress as ReplayProgress;
  }

  async stateOf(id: string): Promise<string> {
    return (await this.jobs.get(id))?.state ?? 'unknown';
  }

  /** Every process of the service is killed: none takes back what it said. */
  async endService(): Promise<void> {
    const said = await this.controls.reports();
    this.isServing = false;
    await this.pipeline.close();
    for (const report of said) await this.controls.report(report);
  }

  async close(): Promise<void> {
    for (const worker of this.workers) await this.drain(worker);
    if (this.isServing) await this.pipeline.close();
    await this.driver.close({ deadlineMs: 100 });
  }

  private async through<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => void (isDone = true);
    work.then(done, done);
    await this.clock.runUntil(() => isDone);
    return work;
  }
}

import { DEAD_LETTER_HEADERS } from 'millrace/pipeline';
import type { OutgoingRecord } from 'millrace/pipeline';
import {
  FakeClock,
  MemoryAuditLog,
  MemoryControlStore,
  MemoryDriver,
  MemoryJobStore,
  MemoryParkedLetters,
  testPipeline,
} from 'millrace/testing';
import type { LoggedRecord, TestPipeline } from 'millrace/testing';
import { createOperations } from '../operations';
import type { Operations, OperationsParts } from '../operations';
import type { RedriveJob, RedriveSpec } from '../redrives/redrive.views';
import { Ordered, RedriveLabModule, lab } from './redrive.lab';

export const ACTOR = { by: 'ada', reason: 'the customers are there now' };
export const DEAD = 'orders.dead-letter';
export const LANE = 'orders.retry.0';

/** One service whose records fail when it is told so; operators act from outside of it. */
export class RedriveScene {
  readonly controls = new MemoryControlStore();
  readonly jobs: MemoryJobStore;
  readonly audit = new MemoryAuditLog();
  readonly parked = new MemoryParkedLetters();
  private readonly opened: Operations[] = [];

  private constructor(
    readonly clock: FakeClock,
    readonly pipeline: TestPipeline,
  ) {
    this.jobs = new MemoryJobStore(clock);
  }

  static async open(): Promise<RedriveScene> {
    lab.refuses = () => false;
    lab.held = Promise.resolve();
    lab.billed = [];
    lab.audited = [];
    const clock = new FakeClock();
    return new RedriveScene(clock, await testPipeline(RedriveLabModule, { clock }));
  }

  /** A process from which an operator acts. */
  operator(parts: Partial<OperationsParts> = {}): Operations {
    const driver = new MemoryDriver({ broker: this.pipeline.broker, clientId: 'operator' });
    const { clock, controls, jobs, audit, parked } = this;
    const operations = createOperations({
      ...{ driver, clock, controls, jobs, audit, parked, random: () => 0.5 },
      ...parts,
    });
    this.opened.push(operations);
    return operations;
  }

  /** Orders that all become dead letters. @returns their ids. */
  async fail(count: number): Promise<readonly string[]> {
    const before = lab.refuses;
    lab.refuses = () => true;
    const ids = Array.from({ length: count }, (_, index) => `order-${index}`);
    for (const id of ids) await this.pipeline.publish(Ordered, { id }, { eventId: `event-${id}` });
    await this.pipeline.settled();
    lab.refuses = before;
    return ids;
  }

  /** Starts a redrive and carries it out, with what the service makes of it. */
  async redrive(spec: RedriveSpec, operations = this.operator()): Promise<RedriveJob> {
    const { id } = await operations.redrives.start(spec, ACTOR);
    return this.finish(operations.redrives.run(id));
  }

  /** Lets time pass until something is done, and the service is idle. */
  async finish<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => (isDone = true));
    done.catch(() => undefined);
    await this.clock.runUntil(() => isDone);
    await this.pipeline.settled();
    return done;
  }

  /** Appends a dead letter that no pipeline of this service wrote. */
  letter(headers: Readonly<Record<string, string>>, value = '{"id":"other"}'): void {
    this.pipeline.publishRaw(
      DEAD,
      value,
      {
        [DEAD_LETTER_HEADERS.reason]: 'handler-permanent',
        [DEAD_LETTER_HEADERS.originalTopic]: 'orders',
        [DEAD_LETTER_HEADERS.originalPartition]: '0',
        [DEAD_LETTER_HEADERS.originalOffset]: '7',
        [DEAD_LETTER_HEADERS.consumerGroup]: 'billing',
        ...headers,
      },
      { partition: 0 },
    );
  }

  records(topic: string): readonly LoggedRecord[] {
    return this.pipeline.broker.records(topic);
  }

  async close(): Promise<void> {
    await Promise.all(this.opened.map((operations) => operations.close({ deadlineMs: 1_000 })));
    await this.pipeline.close();
  }
}

/** Headers as text. */
export function textsOf({
  headers,
}: Pick<OutgoingRecord, 'headers'>): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(headers.map(([name, value]) => [name, value?.toString()]));
}

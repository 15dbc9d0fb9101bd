import { uuidv7 } from 'millrace/contracts';
import type { Contract } from 'millrace/contracts';
import type {
  AuditLog,
  ControlStore,
  JobStore,
  KafkaDriver,
  ParkedLetters,
  ReaderPort,
  Subscription,
} from 'millrace/pipeline';
import type { Clock, Random } from 'millrace/retry';
import { Activity } from './activity/activity';
import { absentStore } from './operations.stores';
import { DeadLetters } from './dead-letters/dead-letters';
import { Groups } from './groups/groups';
import { Redrives } from './redrives/redrives';
import type { RedriveLimits } from './redrives/redrive.views';
import { Replays } from './replays/replays';

/** What operations work on. A store that is left out refuses its calls. */
export interface OperationsParts {
  readonly driver: KafkaDriver;
  readonly clock: Clock;
  readonly random: Random;
  readonly controls?: ControlStore | undefined;
  readonly jobs?: JobStore | undefined;
  readonly audit?: AuditLog | undefined;
  readonly parked?: ParkedLetters | undefined;
  /** Contracts of the project, to mask personal data and to describe them; default: none are known. */
  readonly contracts?: (() => readonly Contract[]) | undefined;
  /** Readers of this process; default: it has none. */
  readonly subscriptions?: (() => readonly Subscription[]) | undefined;
  /** Unique name of the process, as owner of jobs; default: made from process id and randomness. */
  readonly process?: string | undefined;
  /** Of redrives; default REDRIVE_DEFAULTS. */
  readonly redriveLimits?: Partial<RedriveLimits> | undefined;
}

/**
 * Everything an operator does, behind the command line, the HTTP console and tests: no rule of it
 * lives in one of them.
 */
export class Operations {
  constructor(
    readonly deadLetters: DeadLetters,
    readonly groups: Groups,
    readonly redrives: Redrives,
    readonly replays: Replays,
    readonly activity: Activity,
    /** Contracts of the handlers and publishers that are known. */
    readonly contracts: () => readonly Contract[],
    private readonly driver: Pick<KafkaDriver, 'address'>,
    private readonly opened: Pick<ReaderPort, 'close'>,
  ) {}

  /** For messages; example `127.0.0.1:9092`. */
  get address(): string {
    return this.driver.address;
  }

  /** Closes what operations opened by themselves; the driver and the stores stay open. */
  async close(options: { readonly deadlineMs: number }): Promise<void> {
    await Promise.all([this.redrives.close(options), this.opened.close(options)]);
  }
}

/** Makes the facade from its parts; opens nothing. */
export function createOperations(parts: OperationsParts): Operations {
  const { driver, clock, random, parked, contracts = () => [], subscriptions } = parts;
  const audit = parts.audit ?? absentStore<AuditLog>('who did what');
  const controls = parts.controls ?? absentStore<ControlStore>('pauses');
  const jobs = parts.jobs ?? absentStore<JobStore>('jobs');
  const opened = new LazyReader(driver);
  const admin = () => driver.admin();
  const reader = () => opened.get();
  const letters = new DeadLetters({ admin, reader, parked, audit, contracts, clock });
  return new Operations(
    letters,
    new Groups({
      admin,
      reader,
      controls,
      audit,
      clock,
      ...(subscriptions === undefined ? {} : { subscriptions }),
    }),
    new Redrives({
      letters,
      admin,
      producer: (settings) => driver.producer(settings),
      controls,
      jobs,
      audit,
      clock,
      random,
      process: parts.process ?? `operator-${uuidv7(clock.now())}`,
      limits: parts.redriveLimits,
    }),
    new Replays({
      admin,
      controls,
      jobs,
      audit,
      clock,
      ...(subscriptions === undefined ? {} : { subscriptions }),
    }),
    new Activity(audit),
    contracts,
    driver,
    opened,
  );
}

/** One connection for everything that operations read; opened when it is needed. */
class LazyReader {
  private current: ReaderPort | null = null;

  constructor(private readonly driver: Pick<KafkaDriver, 'reader'>) {}

  get(): ReaderPort {
    this.current ??= this.driver.reader();
    return this.current;
  }

  async close(options: { readonly deadlineMs: number }): Promise<void> {
    const { current } = this;
    this.current = null;
    await current?.close(options);
  }
}

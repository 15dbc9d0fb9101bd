import type {
  Audit,
  ControlState,
  ControlStore,
  Pause,
  PauseTarget,
  ProcessReport,
  StoppedLine,
} from 'millrace/pipeline';
import { REPORT_KEEP_MS } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import type { Collection, UpdateFilter } from 'mongodb';
import { within } from '../deadline';
import type { MongoConnection } from '../mongo.connection';
import { callError } from '../mongo.translation';

/** Holds what operators want and which lines stopped themselves. */
export const CONTROL_COLLECTION = 'pipeline_control';
/** Changes that a document keeps of its past. */
const HISTORY_LENGTH = 50;
const DUPLICATE_KEY = 11000;

export interface MongoControlStoreOptions {
  /** Longest wait for one answer; unit ms. */
  readonly writeTimeoutMs: number;
}

interface PauseDocument extends PauseTarget {
  readonly kind: 'pause';
  readonly audit: Audit;
}

interface StopDocument extends StoppedLine {
  readonly kind: 'stop';
}

interface ReportDocument {
  readonly _id: string;
  readonly kind: 'report';
  readonly process: string;
  readonly at: Date;
  /** As text: names of topics are no names of fields. */
  readonly report: string;
}

type ControlDocument = (PauseDocument | StopDocument) & {
  readonly _id: string;
  /** False when it was taken back; the document stays for its history. */
  readonly active: boolean;
  readonly history: ReadonlyArray<Partial<Audit> & { readonly change: string }>;
};

/**
 * Keeps pauses and stopped lines in the collection `pipeline_control`, one document per target.
 *
 * Promises: a change is acknowledged by a majority; a read sees only what a majority has; who
 * changed what, when and why stays in the document (its last 50 changes). Beside them lies what each
 * process says about itself, a day long.
 *
 * @throws {MillraceError} infrastructure or fatal, as writes of sinks do.
 */
export class MongoControlStore implements ControlStore {
  constructor(
    private readonly connection: Pick<MongoConnection, 'collection'>,
    private readonly options: MongoControlStoreOptions,
    private readonly clock: Clock,
  ) {}

  async read(): Promise<ControlState> {
    const options = { readPreference: 'primary', readConcern: { level: 'majority' } } as const;
    const found = await this.call((collection) =>
      collection.find({ active: true }, options).sort({ _id: 1 }).toArray(),
    );
    const pauses: Pause[] = [];
    const stops: StoppedLine[] = [];
    for (const document of found) {
      if (document.kind === 'pause') pauses.push(pauseOf(document));
      else stops.push(stopOf(document));
    }
    return { pauses, stops };
  }

  async pause(target: PauseTarget, audit: Audit): Promise<void> {
    const document = { kind: 'pause' as const, ...targetOf(target), audit };
    await this.put(pauseId(target), document, { change: 'pause', ...audit });
  }

  async resume(target: PauseTarget, audit: Audit): Promise<boolean> {
    return this.takeBack(pauseId(target), { change: 'resume', ...audit });
  }

  async stop(line: StoppedLine): Promise<void> {
    const { groupId, serviceVersion, at, causes } = line;
    const document = { kind: 'stop' as const, groupId, serviceVersion, at, causes };
    await this.put(stopId(groupId), document, { change: 'stop', at });
  }

  async restart(groupId: string, audit: Audit): Promise<boolean> {
    return this.takeBack(stopId(groupId), { change: 'restart', ...audit });
  }

  async report(report: ProcessReport): Promise<void> {
    const { process, at } = report;
    const _id = reportId(process);
    const document: ReportDocument = {
      _id,
      kind: 'report',
      process,
      at,
      report: JSON.stringify(report),
    };
    await this.call(async (collection) => {
      const reports = collection as unknown as Collection<ReportDocument>;
      await reports.replaceOne({ _id }, document, { upsert: true });
      const oldest = new Date(at.getTime() - REPORT_KEEP_MS);
      await reports.deleteMany({ kind: 'report', at: { $lt: oldest } });
    });
  }

  async withdraw(process: string): Promise<void> {
    await this.call((collection) => collection.deleteOne({ _id: reportId(process) }));
  }

  async reports(): Promise<readonly ProcessReport[]> {
    const options = { readPreference: 'primary' } as const;
    const found = await this.call((collection) =>
      (collection as unknown as Collection<ReportDocument>)
        .find({ kind: 'report' }, options)
        .sort({ _id: 1 })
        .toArray(),
    );
    return found.map(({ at, report }) => ({ ...(JSON.parse(report) as ProcessReport), at }));
  }

  private async put(
    _id: string,
    document: PauseDocument | StopDocument,
    change: ControlDocument['history'][number],
  ): Promise<void> {
    const update = { $set: { ...document, active: true }, ...noting(change) };
    const upsert = async (collection: Collection<ControlDocument>) => {
      try {
        return await collection.updateOne({ _id }, update, { upsert: true });
      } catch (error) {
        // Two first writers met: the document is there now.
        if ((error as { readonly code?: unknown }).code !== DUPLICATE_KEY) throw error;
        return collection.updateOne({ _id }, update, { upsert: true });
      }
    };
    await this.call(upsert);
  }

  private async takeBack(
    _id: string,
    change: ControlDocument['history'][number],
  ): Promise<boolean> {
    const update = { $set: { active: false }, ...noting(change) };
    const { matchedCount } = await this.call((collection) =>
      collection.updateOne({ _id, active: true }, update),
    );
    return matchedCount > 0;
  }

  private async call<T>(act: (collection: Collection<ControlDocument>) => Promise<T>): Promise<T> {
    const { clock, connection, options } = this;
    try {
      return await within({ clock, deadlineMs: options.writeTimeoutMs }, () =>
        act(connection.collection<ControlDocument>(CONTROL_COLLECTION)),
      );
    } catch (error) {
      throw callError(error);
    }
  }
}

const pauseId = ({ groupId, topic, partition }: PauseTarget) =>
  `pause ${JSON.stringify([groupId, topic ?? null, partition ?? null])}`;
const reportId = (process: string) => `report ${JSON.stringify([process])}`;
const stopId = (groupId: string) => `stop ${JSON.stringify([groupId])}`;

function noting(change: ControlDocument['history'][number]): UpdateFilter<ControlDocument> {
  return { $push: { history: { $each: [change], $slice: -HISTORY_LENGTH } } };
}

function targetOf({ groupId, topic, partition }: PauseTarget): PauseTarget {
  return {
    groupId,
    ...(topic === undefined ? {} : { topic }),
    ...(partition === undefined ? {} : { partition }),
  };
}

function pauseOf(document: PauseDocument): Pause {
  const { by, reason, at } = document.audit;
  return { ...targetOf(document), audit: { by, reason, at } };
}

function stopOf({ groupId, serviceVersion, at, causes }: StopDocument): StoppedLine {
  return { groupId, serviceVersion, at, causes };
}

import { REPORT_ALIVE_MS } from 'millrace/pipeline';
import { readerReport } from 'millrace/pipeline';
import type { ControlStore, ProcessReport, ReaderReport, Subscription } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import type { GroupProcessView } from './group.views';

/** A group as its processes declare it. */
export interface KnownGroup {
  readonly groupId: string;
  readonly pipeline: string;
  readonly readers: readonly ReaderReport[];
  /** Newest word first. */
  readonly processes: readonly GroupProcessView[];
}

export interface GroupCatalogParts {
  readonly controls: Pick<ControlStore, 'reports'>;
  /** Readers of this process; default: it has none. */
  readonly subscriptions?: (() => readonly Subscription[]) | undefined;
  readonly clock: Clock;
}

/**
 * Knows which groups there are and what they read: from what every process says of itself, and from
 * the handlers of this one.
 */
export class GroupCatalog {
  constructor(private readonly parts: GroupCatalogParts) {}

  /** By name; groups of processes that have ended lately are among them. */
  async groups(): Promise<ReadonlyMap<string, KnownGroup>> {
    const reports = await this.parts.controls.reports();
    const newestFirst = [...reports].sort((one, two) => two.at.getTime() - one.at.getTime());
    const known = new Map<string, KnownGroup>();
    for (const group of this.ownGroups()) known.set(group.groupId, group);
    for (const report of newestFirst) this.addReport(known, report);
    return new Map([...known].sort(([one], [two]) => (one < two ? -1 : 1)));
  }

  private addReport(known: Map<string, KnownGroup>, report: ProcessReport): void {
    const isAlive = this.parts.clock.now() - report.at.getTime() < REPORT_ALIVE_MS;
    for (const { groupId, pipeline, readers, ...state } of report.groups) {
      const { process, service, serviceVersion, at } = report;
      const view = { process, service, serviceVersion, at, isAlive, ...state };
      const group = known.get(groupId);
      const processes = [...(group?.processes ?? []), view];
      // The newest word counts: a release may have other readers than the one before it.
      if (group === undefined) known.set(groupId, { groupId, pipeline, readers, processes });
      else known.set(groupId, { ...group, processes });
    }
  }

  private ownGroups(): readonly KnownGroup[] {
    const subscriptions = this.parts.subscriptions?.() ?? [];
    const groupIds = new Set(subscriptions.map(({ options }) => options.groupId));
    return [...groupIds].map((groupId) => {
      const own = subscriptions.filter(({ options }) => options.groupId === groupId);
      const pipeline = own[0]?.pipeline ?? groupId;
      return { groupId, pipeline, readers: own.map(readerReport), processes: [] };
    });
  }
}

/** Every topic that a group reads: sources, then retry topics. */
export function topicsOf({ readers }: Pick<KnownGroup, 'readers'>): readonly string[] {
  const sources = readers.map(({ topic }) => topic);
  return [...new Set([...sources, ...readers.flatMap(({ retryTopics }) => retryTopics)])];
}

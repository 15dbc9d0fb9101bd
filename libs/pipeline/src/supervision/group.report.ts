import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { retryTiersOf } from '../failures/retry-topics';
import type { GroupStatus, PartitionProgress } from '../lanes/group.status';
import type { GroupReport, ReaderReport } from '../ports/control-store';
import type { Subscription } from '../subscription';

/** A name that no other process has: host, process id, and a part that a restart changes. */
export function processName(): string {
  return `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
}

/** What a process says of one of its groups. */
export function groupReport(
  group: {
    readonly status: GroupStatus & { readonly lineStopped: boolean };
    readonly progress: readonly PartitionProgress[];
  },
  subscriptions: readonly Subscription[],
): Omit<GroupReport, 'pauses'> {
  const { groupId, pipeline, state, lineStopped, inFlightRecords } = group.status;
  const own = subscriptions.filter(({ options }) => options.groupId === groupId);
  return {
    groupId,
    pipeline,
    state,
    lineStopped,
    inFlightRecords,
    readers: own.map(readerReport),
    partitions: group.progress.map(({ topic, partition, isPaused }) => {
      return { topic, partition, paused: isPaused };
    }),
  };
}

/** What a process says of one of its readers. */
export function readerReport({
  name,
  topic,
  contract,
  target,
  options,
}: Subscription): ReaderReport {
  return {
    name,
    topic,
    contract: contract === null ? null : `${contract.name} v${contract.version}`,
    target: target.kind,
    retryTopics: retryTiersOf(topic, options).map((tier) => tier.topic),
    // Every sink has an identity; what else has effects needs the inbox to know what it has seen.
    idempotent: target.kind === 'sink' || options.inbox === true,
    updates: target.kind === 'sink' && target.updates === true,
    ownOffsets: options.offsets === 'transaction',
  };
}

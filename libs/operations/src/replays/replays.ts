import { uuidv7 } from 'millrace/contracts';
import type {
  Actor,
  AdminPort,
  Audit,
  AuditLog,
  ControlStore,
  Job,
  JobStore,
  ReaderReport,
  Subscription,
} from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { auditOf } from '../actor';
import { GroupCatalog } from '../groups/group.catalog';
import {
  ReplayNotIdempotentError,
  ReplayOverlapsError,
  ReplayTargetInvalidError,
  ReplayWindowInvalidError,
} from './replay.errors';
import type { ReplayJobSpec } from './replay.job';
import { overlap, progressOf, replaySpecOf, shadowGroupOf } from './replay.job';
import type { ReplayPreview, ReplaySpec } from './replay.views';
import { resolveWindow } from './replay.window';

/** Rate of a replay that is told none; unit records per second. */
export const DEFAULT_REPLAY_RATE = 500;
/** Highest rate that is taken; unit records per second. */
export const MAX_REPLAY_RATE = 100_000;

export interface ReplaysParts {
  readonly admin: () => AdminPort;
  readonly controls: Pick<ControlStore, 'reports'>;
  readonly jobs: JobStore;
  readonly audit: Pick<AuditLog, 'append'>;
  /** Readers of this process; default: those that other processes tell of. */
  readonly subscriptions?: () => readonly Subscription[];
  readonly clock: Clock;
}

/**
 * Reads a part of a topic again with the handlers of a group, beside it.
 *
 * Promises: the live group is not touched; what would have an effect twice is refused; no record
 * outside of the window is handled; who wanted it and why is kept before it begins. A replay runs
 * in a process that has the handlers: see `ReplayWorker`.
 */
export class Replays {
  private readonly catalog: GroupCatalog;

  constructor(private readonly parts: ReplaysParts) {
    this.catalog = new GroupCatalog(parts);
  }

  /**
   * What a replay would do, also for one that is refused.
   *
   * @throws {ReplayTargetInvalidError} REPLAY_TARGET_INVALID for a group, topic or partition that is not there.
   * @throws {ReplayWindowInvalidError} REPLAY_WINDOW_INVALID for a window or a rate that cannot be.
   */
  async preview(spec: ReplaySpec): Promise<ReplayPreview> {
    const { groupId, topic } = spec;
    const ratePerSecond = rateOf(spec);
    const reader = await this.readerOf(groupId, topic);
    const { ranges, notes } = await resolveWindow(spec, this.parts.admin());
    const records = ranges.reduce((sum, range) => sum + range.records, 0);
    return {
      groupId,
      topic,
      partitions: ranges,
      records,
      ratePerSecond,
      estimateSeconds: Math.ceil(records / ratePerSecond),
      idempotent: reader.idempotent,
      notes: [...notes, ...notesOn(reader)],
    };
  }

  /**
   * Begins a replay; refuses as {@link preview} does.
   *
   * @returns its job; it waits until a process with the handlers takes it.
   * @throws {ControlReasonMissingError} CONTROL_REASON_MISSING without a name or a reason.
   * @throws {ReplayWindowInvalidError} REPLAY_WINDOW_INVALID for a window without a record.
   * @throws {ReplayNotIdempotentError} REPLAY_NOT_IDEMPOTENT.
   * @throws {ReplayOverlapsError} REPLAY_OVERLAPS when an active replay of the group reads a part of the window.
   */
  async start(spec: ReplaySpec, actor: Actor): Promise<Job> {
    const audit = auditOf(actor, this.parts.clock);
    const preview = await this.preview(spec);
    if (!preview.idempotent) {
      throw new ReplayNotIdempotentError({ message: preview.notes.at(-1) ?? '' });
    }
    if (preview.records === 0) {
      const message = `the window holds no record of ${spec.topic} that group "${spec.groupId}" could read again`;
      throw new ReplayWindowInvalidError({ message });
    }
    const jobSpec = jobSpecOf(preview);
    await this.refuseOverlap(jobSpec, null);
    const job = await this.create(jobSpec, preview, audit);
    // Somebody may have started another one meanwhile: then one of them gives way, or both.
    try {
      await this.refuseOverlap(jobSpec, job.id);
    } catch (error) {
      await this.parts.jobs.cancel(job.id, audit);
      throw error;
    }
    return job;
  }

  /** Ends a replay; what was handled stays. @returns false when it is over, or unknown. */
  async cancel(id: string, actor: Actor): Promise<boolean> {
    const audit = auditOf(actor, this.parts.clock);
    const job = await this.get(id);
    if (job === null || (job.state !== 'waiting' && job.state !== 'running')) return false;
    const { groupId, topic } = replaySpecOf(job);
    const target = { groupId, topic };
    await this.parts.audit.append({ ...audit, action: 'replay.cancel', target, jobId: id });
    return this.parts.jobs.cancel(id, audit);
  }

  /** null = there is no such replay. */
  async get(id: string): Promise<Job | null> {
    const job = await this.parts.jobs.get(id);
    return job?.kind === 'replay' ? job : null;
  }

  /** Newest first. @param options.limit - default 100. */
  list(options: { readonly limit?: number } = {}): Promise<readonly Job[]> {
    return this.parts.jobs.list({ ...options, kind: 'replay' });
  }

  private async readerOf(groupId: string, topic: string) {
    const groups = await this.catalog.groups();
    const group = groups.get(groupId);
    if (group === undefined) {
      const names = [...groups.keys()].map((name) => `"${name}"`).join(', ');
      const message = `there is no group "${groupId}"; there are: ${names || 'none'}`;
      throw new ReplayTargetInvalidError({ message, facts: { field: 'groupId' } });
    }
    const reader = group.readers.find((known) => known.topic === topic);
    if (reader !== undefined) return reader;
    const topics = group.readers.map((known) => known.topic).join(', ');
    const message = `group "${groupId}" has no handler for topic "${topic}"; it reads: ${topics || 'nothing'}`;
    throw new ReplayTargetInvalidError({ message, facts: { field: 'topic' } });
  }

  /** @param ownId - null before the job exists. */
  private async refuseOverlap(spec: ReplayJobSpec, ownId: string | null): Promise<void> {
    const { jobs } = this.parts;
    const active = await Promise.all(
      (['waiting', 'running'] as const).map((state) =>
        jobs.list({ kind: 'replay', state, limit: 1_000 }),
      ),
    );
    const other = active.flat().find((job) => job.id !== ownId && overlap(replaySpecOf(job), spec));
    if (other === undefined) return;
    throw overlapError(spec, other.id);
  }

  private async create(spec: ReplayJobSpec, preview: ReplayPreview, audit: Audit): Promise<Job> {
    const { jobs, clock } = this.parts;
    const id = uuidv7(clock.now());
    const { groupId, topic } = spec;
    const detail = { ...spec, records: preview.records, estimateSeconds: preview.estimateSeconds };
    const target = { groupId, topic };
    await this.parts.audit.append({ ...audit, action: 'replay.start', target, detail, jobId: id });
    const positions = preview.partitions.map((range) => ({ ...range, next: range.from }));
    const created = await jobs.create({
      id,
      kind: 'replay',
      selection: JSON.stringify([groupId, topic, spec.partitions]),
      spec,
      progress: progressOf(shadowGroupOf(groupId, id), positions),
      audit,
    });
    if (created.status === 'duplicate') throw overlapError(spec, created.jobId);
    return created.job;
  }
}

function jobSpecOf({ groupId, topic, ratePerSecond, partitions }: ReplayPreview): ReplayJobSpec {
  return {
    groupId,
    topic,
    ratePerSecond,
    partitions: partitions.map(({ partition, from, to }) => ({
      partition,
      from: from.toString(),
      to: to.toString(),
    })),
  };
}

function rateOf({ ratePerSecond = DEFAULT_REPLAY_RATE }: ReplaySpec): number {
  const isRate = Number.isFinite(ratePerSecond) && ratePerSecond >= 1;
  if (isRate && ratePerSecond <= MAX_REPLAY_RATE) return ratePerSecond;
  throw new ReplayWindowInvalidError({
    message: `the rate must be from 1 to ${MAX_REPLAY_RATE} records per second`,
  });
}

function notesOn({ name, idempotent, updates }: ReaderReport): readonly string[] {
  if (!idempotent) return [`${name} is no sink and has no inbox: it would have its effects twice`];
  if (updates !== true) return [];
  return [
    `${name} changes documents in place: with operators like $set an older event of the window wins over a newer one behind it; $max, $min and $addToSet are safe`,
  ];
}

function overlapError({ groupId, topic }: ReplayJobSpec, jobId: string): ReplayOverlapsError {
  return new ReplayOverlapsError({
    message: `replay ${jobId} of group "${groupId}" reads a part of the window of ${topic} already`,
  });
}

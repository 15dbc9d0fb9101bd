import { uuidv7 } from 'millrace/contracts';
import type {
  Actor,
  AdminPort,
  Audit,
  AuditLog,
  ControlStore,
  JobStore,
  KafkaDriver,
  ProducerPort,
} from 'millrace/pipeline';
import type { Clock, Random } from 'millrace/retry';
import { sleep } from 'millrace/retry';
import { auditOf } from '../actor';
import type { DeadLetters } from '../dead-letters/dead-letters';
import { LetterTopics } from '../dead-letters/letter.topics';
import type { LetterRange } from '../dead-letters/letter.topics';
import {
  RedriveDuplicateError,
  RedriveNothingError,
  RedriveOverError,
  RedriveUnknownError,
} from './redrive.errors';
import { coveredBefore } from './redrive.memory';
import { orderOf, selectionKey, selectionOf } from './redrive.order';
import { previewOf, sendable } from './redrive.preview';
import { firstProgress, redriveOf } from './redrive.progress';
import { rangesOf } from './redrive.ranges';
import { RedriveRun } from './redrive.run';
import type { RedriveEnd } from './redrive.run';
import { RedriveSender } from './redrive.sender';
import { RedriveTargets } from './redrive.targets';
import { REDRIVE_DEFAULTS } from './redrive.views';
import type {
  RedriveJob,
  RedriveLimits,
  RedriveOrder,
  RedrivePreview,
  RedriveSpec,
} from './redrive.views';

export interface RedrivesParts {
  readonly letters: Pick<DeadLetters, 'scan'>;
  readonly admin: () => AdminPort;
  readonly producer: KafkaDriver['producer'];
  readonly controls: Pick<ControlStore, 'reports'>;
  readonly jobs: JobStore;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly clock: Clock;
  readonly random: Random;
  /** Unique name of the process, as owner of jobs. */
  readonly process: string;
  /** Default: {@link REDRIVE_DEFAULTS}. */
  readonly limits?: Partial<RedriveLimits> | undefined;
}

/** How a redrive is run in this process. */
export interface RedriveRunOptions {
  /** Gives the redrive back, for another process. */
  readonly signal?: AbortSignal;
  /** Called after every acknowledged part, and while another process has it. */
  readonly onProgress?: (job: RedriveJob) => void;
}

/**
 * Sends dead letters back to the group that failed, on purpose.
 *
 * Promises: who wants it and why is kept before anything is sent; records go to one group only and
 * never to the source topic; a redrive goes on where it was, in whichever process; a record that has
 * come back too often stays.
 */
export class Redrives {
  private readonly limits: RedriveLimits;
  private readonly places: LetterTopics;
  private opened: ProducerPort | null = null;

  constructor(private readonly parts: RedrivesParts) {
    this.limits = { ...REDRIVE_DEFAULTS, ...parts.limits };
    this.places = new LetterTopics(parts.admin);
  }

  /**
   * What a redrive would do: counts per target, refused letters, five samples, time.
   *
   * @throws {RedriveSpecInvalidError} REDRIVE_SPEC_INVALID for a number out of its range; retryable: no.
   * @throws {DeadLetterFilterInvalidError} DEADLETTER_FILTER_INVALID, naming the field; retryable: no.
   * @throws {DeadLetterNotFoundError} DEADLETTER_NOT_FOUND for a position that is not there; retryable: no.
   * @throws {RedriveTargetMissingError} REDRIVE_TARGET_MISSING for a target topic that is gone; retryable: no.
   */
  async preview(spec: RedriveSpec): Promise<RedrivePreview> {
    const order = orderOf(spec, this.limits);
    return this.look(order, await rangesOf(selectionOf(order), this.places));
  }

  /**
   * Begins a redrive of what is there now; refuses as {@link preview} does.
   *
   * @returns its job: {@link run} carries it out here, or a service that sees it.
   * @throws {ControlReasonMissingError} CONTROL_REASON_MISSING without a name or a reason; retryable: no.
   * @throws {RedriveNothingError} REDRIVE_NOTHING when no letter would be sent; retryable: no.
   * @throws {RedriveDuplicateError} REDRIVE_DUPLICATE while the same selection is redriven; retryable: no.
   */
  async start(spec: RedriveSpec, actor: Actor): Promise<RedriveJob> {
    const audit = auditOf(actor, this.parts.clock);
    const order = orderOf(spec, this.limits);
    await this.refuseSecond(order);
    const ranges = await rangesOf(selectionOf(order), this.places);
    const preview = await this.look(order, ranges);
    if (preview.byTarget.length === 0) throw nothingError(preview);
    return this.create(order, ranges, preview, audit);
  }

  /**
   * Carries a redrive out, from where it is; also one whose process was killed. While another
   * process has it, it is followed.
   *
   * @returns the job as it is at the end, or when the signal fired.
   * @throws {RedriveUnknownError} REDRIVE_UNKNOWN; retryable: no.
   */
  async run(id: string, options: RedriveRunOptions = {}): Promise<RedriveJob> {
    const { jobs, clock, process } = this.parts;
    const signal = options.signal ?? new AbortController().signal;
    for (;;) {
      const job = await this.known(id);
      if (signal.aborted || (job.state !== 'waiting' && job.state !== 'running')) return job;
      options.onProgress?.(job);
      const claimed = await jobs.claim(['redrive'], process, this.limits.leaseMs, id);
      if (claimed !== null) await this.carryOut(redriveOf(claimed), signal, options.onProgress);
      else await sleep(clock, this.limits.pollMs, signal).catch(() => undefined);
    }
  }

  /** Takes the oldest redrive that nobody has and carries it out; @returns null when there is none. */
  async runNext(signal: AbortSignal): Promise<RedriveEnd | null> {
    const { jobs, process } = this.parts;
    const claimed = await jobs.claim(['redrive'], process, this.limits.leaseMs);
    return claimed === null ? null : this.carryOut(redriveOf(claimed), signal);
  }

  /**
   * Ends a redrive; what was sent is sent.
   *
   * @throws {ControlReasonMissingError} CONTROL_REASON_MISSING without a name or a reason; retryable: no.
   * @throws {RedriveUnknownError} REDRIVE_UNKNOWN; retryable: no.
   * @throws {RedriveOverError} REDRIVE_OVER when it has ended; retryable: no.
   */
  async cancel(id: string, actor: Actor): Promise<RedriveJob> {
    const { jobs, audit } = this.parts;
    const by = auditOf(actor, this.parts.clock);
    const job = await this.known(id);
    if (job.state !== 'waiting' && job.state !== 'running') throw overError(job);
    const target = job.spec.filter;
    await audit.append({ ...by, action: 'redrive.cancel', target, jobId: id });
    if (!(await jobs.cancel(id, by))) throw overError(await this.known(id));
    return this.known(id);
  }

  /** null = there is no such redrive. */
  async get(id: string): Promise<RedriveJob | null> {
    const job = await this.parts.jobs.get(id);
    return job?.kind === 'redrive' ? redriveOf(job) : null;
  }

  /** Newest first. @param options.limit - default 100. */
  async list(options: { readonly limit?: number } = {}): Promise<readonly RedriveJob[]> {
    const jobs = await this.parts.jobs.list({ ...options, kind: 'redrive' });
    return jobs.map(redriveOf);
  }

  /** Closes the producer, when there is one. */
  async close(options: { readonly deadlineMs: number }): Promise<void> {
    const { opened } = this;
    this.opened = null;
    await opened?.close(options);
  }

  private async look(order: RedriveOrder, ranges: readonly LetterRange[]): Promise<RedrivePreview> {
    const { letters, jobs } = this.parts;
    const isCovered = await coveredBefore(jobs);
    return previewOf(order, ranges, { letters, targets: this.newTargets(), isCovered });
  }

  /** The store decides in a race; here is the better time to refuse. */
  private async refuseSecond(order: RedriveOrder): Promise<void> {
    const selection = selectionKey(order);
    for (const state of ['waiting', 'running'] as const) {
      const active = await this.parts.jobs.list({ kind: 'redrive', state });
      const same = active.find((job) => job.selection === selection);
      if (same !== undefined) throw duplicateError(same.id);
    }
  }

  private async create(
    order: RedriveOrder,
    ranges: readonly LetterRange[],
    preview: RedrivePreview,
    audit: Audit,
  ): Promise<RedriveJob> {
    const { jobs, clock } = this.parts;
    const jobId = uuidv7(clock.now());
    const { filter: target, ...how } = order;
    const { samples: _, ...dryRun } = preview;
    const entry = { ...audit, action: 'redrive.start', target, jobId };
    await this.parts.audit.append({ ...entry, detail: { ...how, dryRun } });
    const created = await jobs.create({
      id: jobId,
      kind: 'redrive',
      selection: selectionKey(order),
      spec: order,
      progress: firstProgress(ranges, sendable(preview, order)),
      audit,
    });
    if (created.status === 'created') return redriveOf(created.job);
    const error = duplicateError(created.jobId);
    const result = { state: 'refused', error: { code: error.code } };
    await this.parts.audit.append({ ...entry, action: 'redrive.finish', result });
    throw error;
  }

  private async carryOut(
    job: RedriveJob,
    signal: AbortSignal,
    onProgress?: (job: RedriveJob) => void,
  ): Promise<RedriveEnd> {
    const { letters, admin, jobs, audit, clock, random } = this.parts;
    const targets = this.newTargets();
    const producer = () => this.producer();
    return new RedriveRun(job, {
      letters,
      admin,
      jobs,
      audit,
      clock,
      random,
      targets,
      sender: new RedriveSender({ producer, targets, clock, random }),
      isCovered: await coveredBefore(jobs, job.id),
      limits: this.limits,
      signal,
      onProgress,
    }).carryOut();
  }

  private async known(id: string): Promise<RedriveJob> {
    const job = await this.get(id);
    if (job === null) throw new RedriveUnknownError({ message: `there is no redrive "${id}"` });
    return job;
  }

  private newTargets(): RedriveTargets {
    return new RedriveTargets(this.parts);
  }

  private producer(): ProducerPort {
    this.opened ??= this.parts.producer({ name: 'redrives' });
    return this.opened;
  }
}

function nothingError({ matching, refused }: RedrivePreview): RedriveNothingError {
  const why = Object.entries(refused).filter(([, count]) => count > 0);
  const counts = why.map(([refusal, count]) => `${count} ${refusal}`).join(', ');
  return new RedriveNothingError({
    message: `${matching} dead letters fit${counts === '' ? '' : `; refused: ${counts}`}`,
  });
}

function duplicateError(jobId: string): RedriveDuplicateError {
  return new RedriveDuplicateError({
    message: `redrive ${jobId} has this selection and is not over`,
    facts: { jobId },
  });
}

function overError({ id, state }: RedriveJob): RedriveOverError {
  return new RedriveOverError({ message: `redrive ${id} is over: ${state}` });
}

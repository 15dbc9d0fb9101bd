import type { Audit, Job, JobCreation, JobKind, JobOrder, JobState } from 'millrace/pipeline';
import type { JobStore, SaveAnswer } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';

const DEFAULT_LIMIT = 100;

/** A job store in memory; several runners on one of them behave as processes of one service. */
export class MemoryJobStore implements JobStore {
  private readonly jobs = new Map<string, Job>();

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  async create(order: JobOrder): Promise<JobCreation> {
    const same = [...this.jobs.values()].find(
      (job) => isActive(job) && job.kind === order.kind && job.selection === order.selection,
    );
    if (same !== undefined) return { status: 'duplicate', jobId: same.id };
    const at = new Date(this.clock.now());
    const job: Job = {
      ...order,
      spec: copyOf(order.spec),
      progress: copyOf(order.progress),
      state: 'waiting',
      owner: null,
      leaseUntil: null,
      fence: 0,
      cancelRequested: false,
      cancelledBy: null,
      createdAt: at,
      updatedAt: at,
    };
    this.jobs.set(job.id, job);
    return { status: 'created', job };
  }

  async claim(
    kinds: readonly JobKind[],
    owner: string,
    leaseMs: number,
    id?: string,
  ): Promise<Job | null> {
    const free = [...this.jobs.values()].find(
      (job) =>
        kinds.includes(job.kind) && (id === undefined || job.id === id) && this.isUnowned(job),
    );
    if (free === undefined) return null;
    const { fence } = free;
    return this.change(free, {
      state: 'running',
      owner,
      fence: fence + 1,
      leaseUntil: this.after(leaseMs),
    });
  }

  async save(
    id: string,
    fence: number,
    { progress, leaseMs }: { readonly progress: unknown; readonly leaseMs: number },
  ): Promise<SaveAnswer> {
    const job = this.owned(id, fence);
    if (job === null) return 'lost';
    this.change(job, { progress: copyOf(progress), leaseUntil: this.after(leaseMs) });
    return job.cancelRequested ? 'cancel-requested' : 'saved';
  }

  async release(id: string, fence: number, progress: unknown): Promise<boolean> {
    const job = this.owned(id, fence);
    if (job === null) return false;
    const state = 'waiting' as const;
    this.change(job, { state, progress: copyOf(progress), owner: null, leaseUntil: null });
    return true;
  }

  async finish(
    id: string,
    fence: number,
    state: 'done' | 'cancelled' | 'failed',
    progress: unknown,
    error?: { readonly code: string; readonly message: string },
  ): Promise<boolean> {
    const job = this.owned(id, fence);
    if (job === null) return false;
    const why = error === undefined ? {} : { error };
    this.change(job, { state, progress: copyOf(progress), owner: null, leaseUntil: null, ...why });
    return true;
  }

  async cancel(id: string, audit: Audit): Promise<boolean> {
    const job = this.jobs.get(id);
    if (job === undefined || !isActive(job)) return false;
    const end = { state: 'cancelled', owner: null, leaseUntil: null } as const;
    this.change(job, {
      cancelRequested: true,
      cancelledBy: audit,
      ...(this.isUnowned(job) ? end : {}),
    });
    return true;
  }

  async get(id: string): Promise<Job | null> {
    return this.jobs.get(id) ?? null;
  }

  async list({
    kind,
    state,
    limit = DEFAULT_LIMIT,
  }: { readonly kind?: JobKind; readonly state?: JobState; readonly limit?: number } = {}): Promise<
    readonly Job[]
  > {
    return [...this.jobs.values()]
      .filter((job) => kind === undefined || job.kind === kind)
      .filter((job) => state === undefined || job.state === state)
      .reverse()
      .slice(0, limit);
  }

  private isUnowned({ state, leaseUntil }: Job): boolean {
    if (state === 'waiting') return true;
    return state === 'running' && (leaseUntil?.getTime() ?? 0) <= this.clock.now();
  }

  private owned(id: string, fence: number): Job | null {
    const job = this.jobs.get(id);
    return job?.state === 'running' && job.fence === fence ? job : null;
  }

  private change(job: Job, change: Partial<Job>): Job {
    const changed = { ...job, ...change, updatedAt: new Date(this.clock.now()) };
    this.jobs.set(job.id, changed);
    return changed;
  }

  private after(leaseMs: number): Date {
    return new Date(this.clock.now() + leaseMs);
  }
}

const isActive = ({ state }: Job) => state === 'waiting' || state === 'running';

/** As a database would: what the caller changes later is not stored. */
const copyOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

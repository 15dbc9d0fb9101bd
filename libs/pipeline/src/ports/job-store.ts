import type { Audit } from './control-store';

/** What jobs there are; each is run by the process that can: redrives anywhere, replays where the handlers are. */
export const JOB_KINDS = ['redrive', 'replay'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** `waiting` and `running` are active; the others are final. */
export const JOB_STATES = ['waiting', 'running', 'done', 'cancelled', 'failed'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What a new job is told. */
export interface JobOrder {
  /** Unique; example a UUID v7. */
  readonly id: string;
  readonly kind: JobKind;
  /** What the job works on: of one kind and selection there is one active job. */
  readonly selection: string;
  /** JSON. */
  readonly spec: unknown;
  /** JSON. Where it begins. */
  readonly progress: unknown;
  readonly audit: Audit;
}

/** Work that outlives the process that does it. */
export interface Job extends JobOrder {
  readonly state: JobState;
  /** Process that has it, while it is running. */
  readonly owner: string | null;
  /** Until then nobody else may have it. */
  readonly leaseUntil: Date | null;
  /** Rises with every claim: the word of an older owner is refused. */
  readonly fence: number;
  readonly cancelRequested: boolean;
  /** Who wants it to end, and why; null while nobody does. */
  readonly cancelledBy: Audit | null;
  /** Of a failed job. */
  readonly error?: { readonly code: string; readonly message: string };
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type JobCreation =
  | { readonly status: 'created'; readonly job: Job }
  /** Nothing was stored: an active job has the selection. */
  | { readonly status: 'duplicate'; readonly jobId: string };

/** `cancel-requested` = it was saved and somebody wants the job to end; `lost` = nothing was saved: the job has another owner or is over. */
export type SaveAnswer = 'saved' | 'cancel-requested' | 'lost';

/**
 * Keeps jobs of operators and their progress, for all processes.
 *
 * Promises: of one kind and selection there is one active job, whoever races; one owner at a time
 * has a job, and what an owner of before says later changes nothing; what a call resolved for is
 * durable (majority) and seen by the next read of every process.
 */
export interface JobStore {
  create(order: JobOrder): Promise<JobCreation>;
  /**
   * Takes the oldest job that waits, or whose owner has not saved for its lease.
   *
   * @param kinds - of these only.
   * @param owner - unique name of the process.
   * @param leaseMs - how long it is owned without a save; unit ms.
   * @param id - this job or none.
   * @returns the job with the fence for {@link save}, or null when there is none.
   */
  claim(
    kinds: readonly JobKind[],
    owner: string,
    leaseMs: number,
    id?: string,
  ): Promise<Job | null>;
  /** Stores the progress and takes a new lease. */
  save(
    id: string,
    fence: number,
    change: { readonly progress: unknown; readonly leaseMs: number },
  ): Promise<SaveAnswer>;
  /** Gives the job back with its progress, for another process; @returns false when it was not owned any more. */
  release(id: string, fence: number, progress: unknown): Promise<boolean>;
  /** Ends the job; @returns false when it was not owned any more. */
  finish(
    id: string,
    fence: number,
    state: 'done' | 'cancelled' | 'failed',
    progress: unknown,
    error?: { readonly code: string; readonly message: string },
  ): Promise<boolean>;
  /** Ends a job that nobody runs, and asks the owner of another one to; @returns false when it is over, or unknown. */
  cancel(id: string, audit: Audit): Promise<boolean>;
  get(id: string): Promise<Job | null>;
  /** Newest first. @param options - `limit`: default 100. */
  list(options?: {
    readonly kind?: JobKind;
    readonly state?: JobState;
    readonly limit?: number;
  }): Promise<readonly Job[]>;
}

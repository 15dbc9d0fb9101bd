/** What an operator paused: a whole group, one topic of it, or one partition. */
export interface PauseTarget {
  readonly groupId: string;
  readonly topic?: string;
  readonly partition?: number;
}

/** Who did it and why; kept with the state. */
export interface Audit {
  readonly by: string;
  readonly reason: string;
  readonly at: Date;
}

export interface Pause extends PauseTarget {
  readonly audit: Audit;
}

/** A group that stopped itself, because too many of its records would have become dead letters. */
export interface StoppedLine {
  readonly groupId: string;
  /** The release that was stopped: another one begins anew. */
  readonly serviceVersion: string;
  readonly at: Date;
  /** First causes, most frequent first; codes with counts, never values of records. */
  readonly causes: ReadonlyArray<{ readonly code: string; readonly count: number }>;
}

/** Desired state, as every process applies it. */
export interface ControlState {
  readonly pauses: readonly Pause[];
  readonly stops: readonly StoppedLine[];
}

/**
 * Keeps what operators want, over restarts and for all processes of a service.
 *
 * Promise: what a call resolved for is durable (majority) and seen by the next `read` of every process.
 */
export interface ControlStore {
  read(): Promise<ControlState>;
  pause(target: PauseTarget, audit: Audit): Promise<void>;
  /** Takes away the pause of exactly this target; @returns false when there was none. */
  resume(target: PauseTarget, audit: Audit): Promise<boolean>;
  stop(line: StoppedLine): Promise<void>;
  /** Lets a stopped line go on; @returns false when it was not stopped. */
  restart(groupId: string, audit: Audit): Promise<boolean>;
}

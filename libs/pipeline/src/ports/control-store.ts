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

/** One reader of a group, as the process that has it declares it. */
export interface ReaderReport {
  /** For messages; example `MetalsController.onPrice`. */
  readonly name: string;
  readonly topic: string;
  /** `<name> v<version>`; null for handlers without a contract. */
  readonly contract: string | null;
  readonly target: 'record' | 'batch' | 'sink';
  readonly retryTopics: readonly string[];
  /** True when a record that comes again changes nothing: a sink with an id, a handler with an inbox. */
  readonly idempotent: boolean;
  /** True for a sink that changes documents in place: an older event may win over a newer one. */
  readonly updates?: boolean;
  /** True when its position is stored with its data, and the one of the group only follows. */
  readonly ownOffsets?: boolean;
}

/** One group of one process, as it is now. */
export interface GroupReport {
  readonly groupId: string;
  readonly pipeline: string;
  /** What the member does: joining, assigned, rebalancing, crashed or stopped. */
  readonly state: string;
  readonly lineStopped: boolean;
  readonly inFlightRecords: number;
  readonly readers: readonly ReaderReport[];
  /** Partitions that this process holds. */
  readonly partitions: ReadonlyArray<{
    readonly topic: string;
    readonly partition: number;
    /** For another reason than that its lane is full. */
    readonly paused: boolean;
  }>;
  /** Pauses of operators that this process has applied to the group. */
  readonly pauses: readonly PauseTarget[];
}

/** What one process does now; it says so every {@link REPORT_INTERVAL_MS}, and at once when something changes. */
export interface ProcessReport {
  /** Unique among all processes; example `processor-7f9c-1-3f2a`. */
  readonly process: string;
  readonly service: string;
  readonly serviceVersion: string;
  readonly at: Date;
  readonly groups: readonly GroupReport[];
}

/** How often a process reports; unit ms. */
export const REPORT_INTERVAL_MS = 10_000;
/** A process that has not reported for so long is gone; unit ms. */
export const REPORT_ALIVE_MS = 3 * REPORT_INTERVAL_MS;
/** A store may forget reports that are older; unit ms. */
export const REPORT_KEEP_MS = 24 * 3_600_000;

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
  /** Replaces what this process said before. */
  report(report: ProcessReport): Promise<void>;
  /** Takes back what a process said: it ends in order. */
  withdraw(process: string): Promise<void>;
  /** What every process said last, at least as far back as {@link REPORT_KEEP_MS}; by name. */
  reports(): Promise<readonly ProcessReport[]>;
}

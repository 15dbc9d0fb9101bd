import type {
  Audit,
  ControlState,
  ControlStore,
  Pause,
  PauseTarget,
  ProcessReport,
  StoppedLine,
} from 'millrace/pipeline';

/** A control store in memory; several pipelines on one of them behave as processes of one service. */
export class MemoryControlStore implements ControlStore {
  /** Every change, oldest first. */
  readonly changes: Array<Partial<Audit> & { readonly change: string; readonly groupId: string }> =
    [];
  private readonly pauses = new Map<string, Pause>();
  private readonly stops = new Map<string, StoppedLine>();
  private readonly said = new Map<string, ProcessReport>();

  async read(): Promise<ControlState> {
    return { pauses: [...this.pauses.values()], stops: [...this.stops.values()] };
  }

  async pause(target: PauseTarget, audit: Audit): Promise<void> {
    this.pauses.set(keyOf(target), { ...target, audit });
    this.changes.push({ change: 'pause', groupId: target.groupId, ...audit });
  }

  async resume(target: PauseTarget, audit: Audit): Promise<boolean> {
    const isChanged = this.pauses.delete(keyOf(target));
    if (isChanged) this.changes.push({ change: 'resume', groupId: target.groupId, ...audit });
    return isChanged;
  }

  async stop(line: StoppedLine): Promise<void> {
    this.stops.set(line.groupId, line);
    this.changes.push({ change: 'stop', groupId: line.groupId, at: line.at });
  }

  async restart(groupId: string, audit: Audit): Promise<boolean> {
    const isChanged = this.stops.delete(groupId);
    if (isChanged) this.changes.push({ change: 'restart', groupId, ...audit });
    return isChanged;
  }

  async report(report: ProcessReport): Promise<void> {
    this.said.set(report.process, report);
  }

  async withdraw(process: string): Promise<void> {
    this.said.delete(process);
  }

  async reports(): Promise<readonly ProcessReport[]> {
    return [...this.said.values()].sort((one, two) => (one.process < two.process ? -1 : 1));
  }
}

const keyOf = ({ groupId, topic, partition }: PauseTarget) =>
  JSON.stringify([groupId, topic ?? null, partition ?? null]);

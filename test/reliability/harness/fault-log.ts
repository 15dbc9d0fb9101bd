/** What is done to a running system; closed set. */
export const FAULT_KINDS = [
  'member-killed',
  'member-added',
  'member-removed',
  'broker-stopped',
  'database-stopped',
  'repeats-sent',
  'blackout',
  'member-frozen',
  'other',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultEntry {
  readonly kind: FaultKind;
  /** Since the scenario was opened; unit ms. */
  readonly atMs: number;
  /** Movements that were sent by then. */
  readonly sent: number;
  readonly detail: string;
  /** For kills: whether it hit a process inside of a write. */
  readonly landed?: boolean;
}

/** Every fault with its time, for the report and for the verdict. */
export class FaultLog {
  readonly entries: FaultEntry[] = [];
  private readonly openedAtMs = performance.now();

  add(kind: FaultKind, sent: number, detail: string, landed?: boolean): void {
    const atMs = Math.round(performance.now() - this.openedAtMs);
    this.entries.push({ kind, atMs, sent, detail, ...(landed === undefined ? {} : { landed }) });
  }

  get kills(): { readonly planned: number; readonly landed: number } {
    const kills = this.entries.filter(({ landed }) => landed !== undefined);
    return { planned: kills.length, landed: kills.filter(({ landed }) => landed).length };
  }

  count(kind: FaultKind): number {
    return this.entries.filter((entry) => entry.kind === kind).length;
  }
}

import type { AuditEntry, AuditLog, AuditQuery } from 'millrace/pipeline';

/** An audit log in memory. */
export class MemoryAuditLog implements AuditLog {
  /** As they were written, oldest first. */
  readonly entries: AuditEntry[] = [];

  async append(entry: AuditEntry): Promise<void> {
    const isKnown = entry.id !== undefined && this.entries.some(({ id }) => id === entry.id);
    if (!isKnown) this.entries.push(structuredClone(entry));
  }

  async list({ since, until, action, jobId, limit = 100 }: AuditQuery = {}): Promise<
    readonly AuditEntry[]
  > {
    return this.entries
      .filter(({ at }) => since === undefined || at >= since)
      .filter(({ at }) => until === undefined || at < until)
      .filter((entry) => action === undefined || entry.action === action)
      .filter((entry) => jobId === undefined || entry.jobId === jobId)
      .reverse()
      .sort((one, two) => two.at.getTime() - one.at.getTime())
      .slice(0, limit);
  }
}

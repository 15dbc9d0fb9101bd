import type { AuditEntry, AuditLog, AuditQuery } from 'millrace/pipeline';

/** Entries of one page of an export. */
const PAGE = 500;

/** What operators did, and what came of it. */
export class Activity {
  constructor(private readonly audit: Pick<AuditLog, 'list'>) {}

  /** Newest first. @param query.limit - default 100. */
  list(query: AuditQuery = {}): Promise<readonly AuditEntry[]> {
    return this.audit.list(query);
  }

  /** All entries of the query as lines of JSON, newest first; times in RFC 3339. */
  async *exportLines(query: AuditQuery = {}): AsyncGenerator<string> {
    const { limit = Infinity } = query;
    let { until } = query;
    // Pages overlap in the millisecond in which one ends: what was written already is left out.
    let written: ReadonlySet<string> = new Set();
    for (let count = 0; count < limit;) {
      const page = await this.audit.list({
        ...query,
        ...(until === undefined ? {} : { until }),
        limit: PAGE + written.size,
      });
      const lines = page.map((entry) => ({ at: entry.at.getTime(), line: lineOf(entry) }));
      const fresh = lines.filter(({ line }) => !written.has(line)).slice(0, limit - count);
      for (const { line } of fresh) yield line;
      count += fresh.length;
      const last = lines.at(-1);
      if (last === undefined || fresh.length === 0 || page.length < PAGE) return;
      written = new Set(lines.filter(({ at }) => at === last.at).map(({ line }) => line));
      until = new Date(last.at + 1);
    }
  }
}

function lineOf({ at, by, reason, action, target, detail, jobId, result }: AuditEntry): string {
  return JSON.stringify({
    ...{ at: at.toISOString(), by, reason, action, target },
    ...{ job: jobId, detail, result },
  });
}

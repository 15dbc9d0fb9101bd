import { DUPLICATE, STALE, STORED } from 'millrace/pipeline';
import type { PipelineRecord, RecordResult } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { ID_TAKEN } from './bulk-outcome';
import type { BulkWriter, WriteBound } from './bulk-writer';
import type { DocumentVersion } from './document-version';
import { VERSION_FIELD, compareVersions } from './document-version';
import type { Candidate, GuardMapping } from './guard-fold';
import { foldByVersion, settleFolded } from './guard-fold';
import type { BulkOperation } from './mongo-collection';
import { sinkDocument } from './sink-document';
import { SinkWriteConflictError } from './sink.errors';
import type { SliceWork, SliceWriter } from './slice-writer';
import { recordAt } from './slice-writer';
import type { ReadLevel, VersionReader } from './version-reader';

/** Date of a marker in the place of a deleted document; MongoDB takes the marker away by it. */
export const DELETED_AT_FIELD = '_deletedAt';
/** How often an operation is sent again after it lost a race against another first writer. */
export const MAX_GUARD_RESENDS = 3;

interface Sent {
  readonly candidate: Candidate;
  readonly document: Record<string, unknown>;
  /** What the stored version must be for the replacement. */
  condition: Readonly<Record<string, unknown>>;
}

/** From this share of a slice on that was not newer, the next one asks for versions first. */
const READ_FIRST_SHARE = 0.5;

const VERSIONLESS = Object.freeze({ $exists: false });

/**
 * Replaces documents, and only by newer versions.
 *
 * Promise: whatever is delivered in which order and how often, the document ends as the event with
 * the highest version; an older event never overwrites a newer one, and never brings back what a newer
 * one deleted.
 *
 * What comes again, as in a replay, is mostly not newer: then one question spares a refused write for
 * each. It asks for what no failover takes back, because nothing is written that would wait for that.
 * The condition stays on every write.
 *
 * @see docs/architecture.md, "How a record is processed"
 */
export class GuardWriter implements SliceWriter {
  /** What the last slice was like: mostly not newer. */
  private readsFirst = false;

  constructor(
    private readonly mapping: GuardMapping,
    private readonly bulks: Pick<BulkWriter, 'write'>,
    private readonly versions: VersionReader,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  async write(work: SliceWork, positions: readonly number[], bound: WriteBound): Promise<void> {
    const { candidates, folded } = foldByVersion(work, positions, this.mapping);
    const wanted = this.operationsOf(work, candidates);
    let sent = this.readsFirst ? await this.lower(work, wanted, bound, 'majority') : wanted;
    for (let sends = 0; sent.length > 0; sends += 1) {
      const taken = await this.send(work, sent, bound);
      sent = taken.length === 0 ? [] : await this.lower(work, taken, bound, 'local');
      if (sends < MAX_GUARD_RESENDS) continue;
      for (const { candidate } of sent) {
        work.results[candidate.position] = { error: new SinkWriteConflictError() };
      }
      break;
    }
    this.expect(work, wanted);
    const again = settleFolded(work, folded);
    if (again.length > 0) await this.write(work, again, bound);
  }

  private expect(work: SliceWork, wanted: readonly Sent[]): void {
    if (wanted.length === 0) return;
    const isNotNewer = ({ candidate }: Sent) => {
      const result = work.results[candidate.position];
      return result === STALE || result === DUPLICATE;
    };
    this.readsFirst = wanted.filter(isNotNewer).length >= wanted.length * READ_FIRST_SHARE;
  }

  private operationsOf(work: SliceWork, candidates: Iterable<Candidate>): Sent[] {
    const sent: Sent[] = [];
    let previous: unknown;
    for (const candidate of candidates) {
      const record = recordAt(work, candidate.position) as PipelineRecord<never>;
      try {
        const source = this.sourceOf(record);
        const { id, version } = candidate;
        const document = sinkDocument(source, id, record.event, previous, version);
        previous = source;
        sent.push({ candidate, document, condition: { $lt: candidate.version } });
      } catch (error) {
        work.results[candidate.position] = { error };
      }
    }
    return sent;
  }

  private sourceOf(record: PipelineRecord<never>): object {
    const { deleted, document } = this.mapping;
    if (deleted?.(record.event, record) !== true) return document(record.event, record);
    // The date only says when the marker may go; the order is that of the versions.
    return { _deleted: true, [DELETED_AT_FIELD]: new Date(this.clock.now()) };
  }

  /** @returns what found its id taken: by a version that is not lower, or by a racing first writer. */
  private async send(work: SliceWork, sent: readonly Sent[], bound: WriteBound): Promise<Sent[]> {
    const faults = await this.bulks.write(sent.map(guardedReplace), bound);
    const taken: Sent[] = [];
    sent.forEach((one, index) => {
      const fault = faults.get(index);
      if (fault === ID_TAKEN) taken.push(one);
      else work.results[one.candidate.position] = fault === undefined ? STORED : { error: fault };
    });
    return taken;
  }

  /** @returns what still is newer than the stored version, to be sent again. */
  private async lower(
    work: SliceWork,
    taken: readonly Sent[],
    bound: WriteBound,
    level: ReadLevel,
  ): Promise<Sent[]> {
    const ids = taken.map(({ candidate }) => candidate.id);
    const stored = await this.versions.read(ids, bound, level);
    return taken.filter((one) => {
      const { id, version, position } = one.candidate;
      const result = stored.has(id) ? verdict(stored.get(id), version) : null;
      if (result !== null) work.results[position] = result;
      const isVersionless = stored.has(id) && stored.get(id) === undefined;
      one.condition = isVersionless ? VERSIONLESS : { $lt: version };
      return result === null;
    });
  }
}

/** @returns null when the stored version is lower or missing: the operation is sent again. */
function verdict(stored: unknown, version: DocumentVersion): RecordResult | null {
  if (stored === undefined) return null;
  try {
    const order = compareVersions(stored, version);
    if (order < 0) return null;
    return order === 0 ? DUPLICATE : STALE;
  } catch (error) {
    return { error };
  }
}

/**
 * Replaces a lower version, or inserts; fails on `_id` when neither is possible.
 *
 * Without `$or` for documents without a version: they are rare, are found by the question that
 * follows, and a condition on fields alone is a lookup by `_id` on every server.
 */
function guardedReplace({ candidate, document, condition }: Sent): BulkOperation {
  const filter = { _id: candidate.id, [VERSION_FIELD]: condition };
  return { replaceOne: { filter, replacement: document, upsert: true } };
}

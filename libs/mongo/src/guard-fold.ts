import { DUPLICATE, STALE } from 'millrace/pipeline';
import type { PipelineRecord } from 'millrace/pipeline';
import { checkedId } from './document-id';
import type { DocumentVersion } from './document-version';
import { checkedVersion, compareVersions } from './document-version';
import type { SliceWork } from './slice-writer';
import { errorOf, isPermanent, recordAt } from './slice-writer';

/** What a guarding sink does with an event. */
export interface GuardMapping {
  readonly id: (event: never, record: PipelineRecord<never>) => string;
  readonly version: (event: never, record: PipelineRecord<never>) => DocumentVersion;
  readonly document: (event: never, record: PipelineRecord<never>) => object;
  readonly deleted?: (event: never, record: PipelineRecord<never>) => boolean;
}

/** The newest record of one id in a slice. */
export interface Candidate {
  readonly id: string;
  position: number;
  version: DocumentVersion;
}

/** A record of a slice that a newer or equal one of the same id stands for. */
export interface Folded {
  readonly position: number;
  readonly version: DocumentVersion;
  readonly candidate: Candidate;
}

/** Keeps the highest version of each id; a record without id or version gets its error. */
export function foldByVersion(
  work: SliceWork,
  positions: readonly number[],
  mapping: Pick<GuardMapping, 'id' | 'version'>,
): { readonly candidates: Iterable<Candidate>; readonly folded: readonly Folded[] } {
  const candidates = new Map<string, Candidate>();
  const folded: Folded[] = [];
  for (const position of positions) {
    const record = recordAt(work, position) as PipelineRecord<never>;
    try {
      const id = checkedId(mapping.id(record.event, record));
      const version = checkedVersion(mapping.version(record.event, record));
      const candidate = candidates.get(id);
      if (candidate === undefined) {
        candidates.set(id, { id, position, version });
      } else if (compareVersions(version, candidate.version) > 0) {
        folded.push({ position: candidate.position, version: candidate.version, candidate });
        candidate.position = position;
        candidate.version = version;
      } else {
        folded.push({ position, version, candidate });
      }
    } catch (error) {
      work.results[position] = { error };
    }
  }
  return { candidates: candidates.values(), folded };
}

/** @returns positions whose newer record was refused for good: they get their own try. */
export function settleFolded(work: SliceWork, folded: readonly Folded[]): number[] {
  const again: number[] = [];
  for (const { position, version, candidate } of folded) {
    const error = errorOf(work.results[candidate.position]);
    if (error === null) {
      const isSame = compareVersions(version, candidate.version) === 0;
      work.results[position] = isSame ? DUPLICATE : STALE;
    } else if (isPermanent(error)) again.push(position);
    else work.results[position] = { error };
  }
  return again;
}

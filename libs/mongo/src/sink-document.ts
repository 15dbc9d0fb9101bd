import type { DocumentFlaw, DollarKeys } from './document-scan';
import { flawOf } from './document-scan';
import type { DocumentVersion } from './document-version';
import { VERSION_FIELD } from './document-version';
import { SinkDocumentRejectedError } from './sink.errors';

/**
 * Makes the document of a sink ready to be sent: with its `_id`, and without what spoils a bulk.
 *
 * @param source - what `document(...)` answered; a plain object is copied, an instance of a class
 * gets the fields itself unless it is not the sink's to change.
 * @param id - wins over an `_id` of the source.
 * @param event - may be the source itself; it is never changed.
 * @param previous - the source before; two records may not share one object, or both would be
 * sent with the later id.
 * @param version - kept as `_v`; default: none is kept.
 * @throws {SinkDocumentRejectedError} SINK_DOCUMENT_REJECTED
 */
export function sinkDocument(
  source: unknown,
  id: string,
  event: unknown,
  previous: unknown,
  version?: DocumentVersion,
): Record<string, unknown> {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) {
    throw new SinkDocumentRejectedError({ message: 'document(...) answered with no object' });
  }
  const isForeign = source === event || source === previous || !Object.isExtensible(source);
  const isCopied = isForeign || isPlain(source);
  const document = (isCopied ? copyOf(source, id, version) : source) as Record<string, unknown>;
  if (document['_id'] !== id) document['_id'] = id;
  if (version !== undefined && document[VERSION_FIELD] !== version) {
    document[VERSION_FIELD] = version;
  }
  refuseFlaw(document, 'refused');
  return document;
}

/**
 * With the sink's own fields first, in a literal: one that is added behind a spread leaves an object
 * that is slow to walk, for the scan and for the driver.
 */
function copyOf(source: object, id: string, version: DocumentVersion | undefined): object {
  if (version === undefined) return { _id: id, ...source };
  return { _id: id, _v: version, ...source } satisfies Record<
    '_id' | typeof VERSION_FIELD,
    unknown
  >;
}

function isPlain(source: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(source);
  return prototype === Object.prototype || prototype === null;
}

/** @throws {SinkDocumentRejectedError} SINK_DOCUMENT_REJECTED when it must not be sent. */
export function refuseFlaw(document: object, dollarKeys: DollarKeys): void {
  const flaw: DocumentFlaw | null = flawOf(document, dollarKeys);
  if (flaw === null) return;
  throw new SinkDocumentRejectedError({
    message: `the document is refused: ${flaw}`,
    facts: { flaw },
  });
}

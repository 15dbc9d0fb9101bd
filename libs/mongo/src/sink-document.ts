import type { DocumentFlaw, DollarKeys } from './document-scan';
import { flawOf } from './document-scan';
import { SinkDocumentRejectedError } from './sink.errors';

/**
 * Makes the document of a sink ready to be sent: with its `_id`, and without what spoils a bulk.
 *
 * @param source - what `document(...)` answered; gets an `_id` unless it is not the sink's to change.
 * @param event - may be the source itself; it is never changed.
 * @param previous - the document before; two records may not share one object, or both would be
 * sent with the later id.
 * @throws {SinkDocumentRejectedError} SINK_DOCUMENT_REJECTED
 */
export function documentWithId(
  source: unknown,
  id: string,
  event: unknown,
  previous: unknown,
): Record<string, unknown> {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) {
    throw new SinkDocumentRejectedError({ message: 'document(...) answered with no object' });
  }
  const isForeign = source === event || source === previous || !Object.isExtensible(source);
  const document = (isForeign ? { ...source } : source) as Record<string, unknown>;
  document['_id'] = id;
  refuseFlaw(document, 'refused');
  return document;
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

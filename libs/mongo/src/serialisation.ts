import { isNativeError } from 'node:util/types';
import { MillraceError } from 'millrace/errors';
import { BSON } from 'mongodb';
import { SinkDocumentRejectedError, SinkDocumentTooLargeError } from './sink.errors';

/** True for errors of every realm: those of Node's own modules may be of another one (vm, Jest). */
export function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || isNativeError(thrown);
}

/** True for what the driver throws about a document before it sends anything. */
export function isSerialisationError(thrown: unknown): boolean {
  return (
    isError(thrown) &&
    (thrown.name.startsWith('BSON') || thrown.name === 'MongoInvalidArgumentError')
  );
}

/**
 * True when the error may come from serialising: besides the driver's own also whatever a `toBSON`
 * or a getter of a document throws. {@link canSerialise} tells for one document.
 */
export function mayBeSerialisationError(thrown: unknown): boolean {
  if (isSerialisationError(thrown)) return true;
  return isError(thrown) && !(thrown instanceof MillraceError) && !thrown.name.startsWith('Mongo');
}

/** Tries what the driver does before it sends: the proof that a document is at fault. */
export function canSerialise(document: object): boolean {
  try {
    BSON.serialize(document);
    return true;
  } catch {
    return false;
  }
}

/** The error of a document that cannot be serialised. */
export function serialisationError(thrown: Error): MillraceError {
  // The buffer of the serialiser ends shortly above 16 MiB: it says so by an offset out of range.
  const isTooLarge =
    thrown.message.includes('larger than the maximum') ||
    (thrown as { readonly code?: unknown }).code === 'ERR_OUT_OF_RANGE';
  if (isTooLarge) return new SinkDocumentTooLargeError({ cause: thrown });
  return new SinkDocumentRejectedError({
    message: `the document cannot be serialised (${thrown.name})`,
    cause: thrown,
  });
}

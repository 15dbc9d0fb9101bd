import { defineError } from './millrace.errors';

/** Thrown by user code to say that the record may succeed later. */
export class HandlerRetryableError extends defineError({
  code: 'HANDLER_RETRYABLE',
  failure: 'retryable',
  summary: 'the handler says that this record may succeed later',
  likelyCause: 'a called service is busy or a lock is taken',
  fix: 'nothing, unless it lasts: the policy of the handler bounds the attempts',
}) {}

/** Thrown by user code to say that the record will never succeed. */
export class HandlerPermanentError extends defineError({
  code: 'HANDLER_PERMANENT',
  failure: 'permanent',
  summary: 'the handler says that this record will never succeed',
  likelyCause: 'a rule of the domain refuses the event',
  fix: 'read the reason in the dead letter topic; correct the source or the rule, then redrive',
}) {}

/** Stands for an error without a class of ours that reached the pipeline from a handler. */
export class HandlerFailedError extends defineError({
  code: 'HANDLER_FAILED',
  failure: 'retryable',
  summary: 'the handler threw an error that the pipeline does not know',
  likelyCause: 'a bug in the handler, or an error of a called service without a code',
  fix: 'throw retryable(...) or permanent(...) so that the policy can tell the difference',
}) {}

/** Marks a failure as retryable for this record; counts as an attempt. */
export function retryable(reason: string | Error): HandlerRetryableError {
  return new HandlerRetryableError(detailsOf(reason));
}

/** Marks a failure as permanent: the record goes to the dead letter topic at once. */
export function permanent(reason: string | Error): HandlerPermanentError {
  return new HandlerPermanentError(detailsOf(reason));
}

function detailsOf(reason: string | Error) {
  return typeof reason === 'string'
    ? { message: reason }
    : { message: reason.message, cause: reason };
}

import { defineError } from 'millrace/errors';

/** Says that a handler did not answer in time; its call was given up. */
export class HandlerTimeoutError extends defineError({
  code: 'HANDLER_TIMEOUT',
  failure: 'retryable',
  summary: 'the handler did not answer in time',
  likelyCause: 'a called service does not answer, and the handler does not pass its signal on',
  fix: 'pass context.signal to every call the handler makes, or raise timeoutMs of the handler',
}) {}

/** Refuses options of a handler or sink that do not go together. */
export class HandlerOptionsInvalidError extends defineError({
  code: 'HANDLER_OPTIONS_INVALID',
  failure: 'fatal',
  summary: 'options of a handler or sink cannot work',
  likelyCause: 'an option was copied from a handler of another kind, or has an impossible value',
  fix: 'change the option that the message names',
}) {}

/** Refuses a handler with an inbox in an app that has none. */
export class InboxMissingError extends defineError({
  code: 'INBOX_MISSING',
  failure: 'fatal',
  summary: 'a handler wants an inbox and no adapter brought one',
  likelyCause: 'the module that brings the inbox is not imported',
  fix: 'import the adapter with its inbox, or take inbox: true away from the handler',
}) {}

/** Says that it is not known whether an event was dealt with; its record waits. */
export class InboxUnavailableError extends defineError({
  code: 'INBOX_UNAVAILABLE',
  failure: 'infrastructure',
  summary: 'the inbox does not answer',
  likelyCause: 'its database is away or overloaded',
  fix: 'nothing, when it comes back; otherwise look at the database',
}) {}

/** Every error class of this folder, for the catalogue. */
export const HANDLING_ERRORS = [
  HandlerTimeoutError,
  HandlerOptionsInvalidError,
  InboxMissingError,
  InboxUnavailableError,
] as const;

import type { Actor, Audit } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { ControlReasonMissingError } from './groups/group.errors';

/**
 * Who, why and when, for what is kept.
 *
 * @throws {ControlReasonMissingError} CONTROL_REASON_MISSING when name or reason is empty; retryable: no.
 */
export function auditOf(actor: Actor, clock: Pick<Clock, 'now'>): Audit {
  const audit = { by: actor.by.trim(), reason: actor.reason.trim(), at: new Date(clock.now()) };
  if (audit.by === '' || audit.reason === '') throw new ControlReasonMissingError();
  return audit;
}

import type { Clock } from 'millrace/retry';
import { InboxMissingError } from './handling.errors';
import type { PipelineMetrics } from '../pipeline.metrics';
import type { PipelineSettings } from '../pipeline.config';
import type { Dependency } from '../ports/dependency';
import type { InboxPort } from '../ports/inbox';
import type { Subscription } from '../subscription';
import type { Handling } from './handling';
import { batchHandling, recordHandling, sinkHandling } from './handling';
import { withAdaptiveSlots } from './with-adaptive-slots';
import { withCallAge } from './with-call-age';
import { withInbox } from './with-inbox';
import { withRateLimit } from './with-rate-limit';
import { withSlots } from './with-slots';
import { withTimeout } from './with-timeout';

export interface CompositionParts {
  readonly settings: PipelineSettings;
  readonly metrics: PipelineMetrics;
  readonly clock: Clock;
  readonly inbox: InboxPort | undefined;
  readonly dependencies: ReadonlyMap<string, Dependency>;
}

export interface ComposedHandling {
  readonly handling: Handling;
  /** Age of the oldest call of a sink that has not answered; null = none; unit ms. */
  oldestCallMs(): number | null;
  dispose(): void;
}

/**
 * Puts around a handler or sink what its options ask for: from the outside to the inside slots,
 * inbox, rate limit, adaptive slots, timeout.
 *
 * A known event takes no token of the rate; a call that waits for a token holds its slot, so that
 * no more calls begin at once than there are slots. Only the call itself counts as latency.
 *
 * @throws {InboxMissingError} INBOX_MISSING when the handler wants an inbox and there is none.
 */
export function composeHandling(
  subscription: Subscription,
  parts: CompositionParts,
): ComposedHandling {
  const { options, target } = subscription;
  const { settings, clock } = parts;
  const limited = (called: Handling) => {
    const handling = adaptiveHandling(called, subscription, parts);
    return options.rateLimit === undefined
      ? handling
      : withRateLimit(handling, options.rateLimit, clock);
  };
  if (target.kind === 'sink') {
    const aged = withCallAge(sinkHandling(target.sink, settings.sinkDeadlineMs), clock);
    return {
      handling: limited(aged),
      oldestCallMs: () => aged.oldestMs(),
      dispose: () => undefined,
    };
  }
  const isBatch = target.kind === 'batch';
  const called = isBatch ? batchHandling(target.handler) : recordHandling(target.handler);
  const timed = timedHandling(called, subscription, parts);
  const remembering = rememberingHandling(limited(timed), subscription, parts);
  const calls = options.concurrencyPerPartition ?? 1;
  return {
    handling: calls > 1 ? withSlots(remembering, calls) : remembering,
    oldestCallMs: () => null,
    dispose: () => timed.dispose(),
  };
}

function adaptiveHandling(
  handling: Handling,
  { options: { adaptiveConcurrency, groupId: group }, pipeline }: Subscription,
  { metrics, clock }: CompositionParts,
): Handling {
  if (adaptiveConcurrency === undefined) return handling;
  return withAdaptiveSlots(handling, {
    max: adaptiveConcurrency.max,
    clock,
    onLimit: (limit) => metrics.concurrencyLimit.set({ pipeline, group }, limit),
  });
}

function timedHandling(
  handling: Handling,
  { options, pipeline }: Subscription,
  { settings, metrics, clock }: CompositionParts,
) {
  return withTimeout(handling, {
    timeoutMs: options.timeoutMs ?? settings.handlerTimeoutMs,
    graceMs: settings.handlerGraceMs,
    clock,
    onTimeout: () => metrics.handlerTimeouts.inc({ pipeline }),
    onLate: () => metrics.lateResults.inc({ pipeline }),
  });
}

function rememberingHandling(
  handling: Handling,
  { options, name }: Subscription,
  { settings, inbox, dependencies }: CompositionParts,
): Handling {
  if (options.inbox !== true) return handling;
  if (inbox === undefined) {
    throw new InboxMissingError({ message: `${name} wants an inbox and there is none` });
  }
  return withInbox(handling, {
    inbox,
    deadlineMs: settings.sinkDeadlineMs,
    dependency: () => dependencies.get(inbox.name),
  });
}

import type { DeadLetterWriter } from '../failures/dead-letter.writer';
import type { RetryTopicWriter } from '../failures/retry-topic.writer';
import type { PipelineSettings } from '../pipeline.config';
import type { Subscription } from '../subscription';
import type { ShadowSpec } from './shadow';

interface Writers {
  readonly deadLetters: Pick<DeadLetterWriter, 'write'>;
  readonly retryTopics: Pick<RetryTopicWriter, 'write'>;
}

/**
 * What all slices together may hold of the rate. A sink gets more: its slice waits before it is
 * written, so nothing is done twice when it is given up, and a slow database needs larger ones. Unit s.
 */
const SLICE_SECONDS = { record: 1, batch: 3, sink: 3 } as const;

/** Label of metrics of everything that is read again. */
export function shadowPipelineOf({ pipeline }: Pick<Subscription, 'pipeline'>): string {
  return `${pipeline}.replay`;
}

/**
 * The reader of a live group, throttled and counted apart.
 *
 * Its group stays the live one: an inbox knows what that group has dealt with, and what fails is
 * tried again there. The slices of all partitions together are a few seconds of the rate, so that a
 * drain or a rebalance gives little up. Of two rates the lower one holds.
 */
export function shadowSubscription(
  live: Subscription,
  { ratePerSecond, ranges }: Pick<ShadowSpec, 'ratePerSecond' | 'ranges'>,
  settings: Pick<PipelineSettings, 'sliceRecords'>,
): Subscription {
  const { rateLimit, window } = live.options;
  const ownPerSecond =
    rateLimit === undefined ? Infinity : (rateLimit.records * 1_000) / rateLimit.perMs;
  const partitions = Math.max(1, ranges.filter(({ from, to }) => from < to).length);
  const perSecond = Math.min(ratePerSecond, ownPerSecond);
  const share = Math.max(1, Math.floor((perSecond * SLICE_SECONDS[live.target.kind]) / partitions));
  const maxRecords = Math.min(window?.maxRecords ?? settings.sliceRecords, share);
  return {
    ...live,
    target: besideGroup(live.target),
    pipeline: shadowPipelineOf(live),
    options: {
      ...live.options,
      window: { ...window, maxRecords },
      ...(ownPerSecond <= ratePerSecond
        ? {}
        : { rateLimit: { records: ratePerSecond, perMs: 1_000 } }),
    },
  };
}

/** The positions of the live group are not its own. */
function besideGroup(target: Subscription['target']): Subscription['target'] {
  if (target.kind !== 'sink') return target;
  return { kind: 'sink', sink: target.sink.beside?.() ?? target.sink };
}

/** Writers that name the live pipeline: its dead letters are sent back to the live group. */
export function addressedTo({ pipeline }: Subscription, parts: Writers): Writers {
  const { deadLetters, retryTopics } = parts;
  return {
    deadLetters: {
      write: (failures, origin) => deadLetters.write(failures, { ...origin, pipeline }),
    },
    retryTopics: {
      write: (records, origin) => retryTopics.write(records, { ...origin, pipeline }),
    },
  };
}

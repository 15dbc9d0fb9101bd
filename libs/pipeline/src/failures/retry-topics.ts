import { RetryTopicsDifferError } from '../pipeline.errors';
import type { ReadOptions, Subscription } from '../subscription';
import { DEFAULT_POLICY, retryDelaysOf } from './policy';

/** One retry topic of a handler. */
export interface RetryTier {
  /** n of `<topic>.retry.<n>`; 0 = the lane of redrives, due at once. */
  readonly tier: number;
  readonly topic: string;
  /** How long a record waits in it; unit ms. */
  readonly delayMs: number;
}

/**
 * The retry topics that a handler needs: the lane of redrives, which everybody has, and behind it
 * one per delay of its policy, shortest first.
 *
 * With `retryTopicScope: 'group'` they belong to the group: `<topic>.<group>.retry.<n>`.
 */
export function retryTiersOf(
  topic: string,
  { onError = DEFAULT_POLICY, retryTopicScope, groupId }: ReadOptions,
): readonly RetryTier[] {
  const prefix = retryTopicScope === 'group' ? `${topic}.${groupId}` : topic;
  const delays = retryDelaysOf(onError);
  return [0, ...delays].map((delayMs, tier) => ({
    tier,
    topic: `${prefix}.retry.${tier}`,
    delayMs,
  }));
}

/** Kafka's rule for names of topics. */
const TOPIC_NAME = /^[\w.-]{1,249}$/;

/**
 * Refuses retry topics that cannot work: one topic has one delay, whoever writes to it.
 *
 * @throws {RetryTopicsDifferError} RETRY_TOPICS_DIFFER when two groups share topics and not their
 * delays, or a name is none that Kafka takes.
 */
export function checkRetryTopics(
  readers: ReadonlyArray<Pick<Subscription, 'topic' | 'options' | 'name'>>,
): void {
  const known = new Map<string, { readonly name: string; readonly delays: string }>();
  for (const { topic, options, name } of readers) {
    const tiers = retryTiersOf(topic, options);
    const [first] = tiers;
    if (first === undefined) continue;
    if (!tiers.every((tier) => TOPIC_NAME.test(tier.topic))) {
      throw new RetryTopicsDifferError({
        message: `${name}: "${first.topic}" is no name of a topic`,
        where: name,
        fix: 'give the group a name of letters, digits, dots, dashes and underscores',
      });
    }
    // Redrives wait for nobody: that lane may be shared with any other handler.
    if (tiers.length === 1) continue;
    const delays = tiers.map(({ delayMs }) => `${delayMs} ms`).join(', ');
    const other = known.get(first.topic);
    if (other !== undefined && other.delays !== delays) {
      throw new RetryTopicsDifferError({
        message: `${other.name} and ${name} share the retry topics of "${topic}" with delays ${other.delays} and ${delays}`,
        where: name,
      });
    }
    known.set(first.topic, { name, delays });
  }
}

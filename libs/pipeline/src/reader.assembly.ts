import type { MillraceError } from 'millrace/errors';
import type { Clock, Random } from 'millrace/retry';
import type { DeadLetterWriter } from './failures/dead-letter.writer';
import { DEFAULT_POLICY } from './failures/policy';
import type { RetryTopicWriter } from './failures/retry-topic.writer';
import { retryTiersOf } from './failures/retry-topics';
import { Settlement } from './failures/settlement';
import type { Breaker } from './gates/breaker';
import { CircuitBreaker } from './gates/circuit-breaker';
import type { Gates } from './gates/gates';
import { composeHandling } from './handling/compose';
import type { SliceHandler } from './lanes/lane';
import { SliceWorker } from './lanes/slice.worker';
import type { PipelineSettings } from './pipeline.config';
import type { PipelineEvents } from './pipeline.events';
import type { PipelineMetrics } from './pipeline.metrics';
import type { PipelineRegistry } from './pipeline.registry';
import { CodecPreparation } from './records/codec.preparation';
import { contractReader, plainReader } from './records/record-reader';
import { RetryTopicReader } from './records/retry-topic.reader';
import type { Subscription } from './subscription';
import type { StopTheLine } from './supervision/stop-the-line';

export interface ReaderAssemblyParts {
  readonly registry: PipelineRegistry;
  readonly deadLetters: Pick<DeadLetterWriter, 'write'>;
  readonly retryTopics: Pick<RetryTopicWriter, 'write'>;
  readonly settings: PipelineSettings;
  readonly metrics: PipelineMetrics;
  readonly events: PipelineEvents;
  readonly gates: Gates;
  readonly serviceVersion: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** What the readers of one group share. */
export interface ReaderSurroundings {
  readonly line: StopTheLine;
  readonly onFatal: (error: MillraceError) => void;
  /** Group of metrics, logs and events; default: the one of the subscription. */
  readonly countedAs?: string | undefined;
}

/** A subscription, ready to be called by lanes. */
export interface Reader {
  /** By topic: the source, then its retry topics. */
  readonly handles: ReadonlyMap<string, SliceHandler>;
  /** Age of the oldest call of a sink that has not answered; null = none; unit ms. */
  oldestCallMs(): number | null;
  dispose(): void;
}

/**
 * Makes of a subscription what its lanes call: read, handle, settle.
 *
 * Its retry topics share what bounds its calls: slots, rate, timeout, circuit breaker.
 *
 * @throws {InboxMissingError} INBOX_MISSING when the handler wants an inbox and there is none.
 */
export function assembleReader(
  subscription: Subscription,
  parts: ReaderAssemblyParts,
  surroundings: ReaderSurroundings,
): Reader {
  const { registry, settings, metrics, clock } = parts;
  const { inbox, dependencies } = registry;
  const composition = { settings, metrics, clock, inbox, dependencies };
  const composed = composeHandling(subscription, composition);
  const settlement = new Settlement({
    ...settlementParts(subscription, parts, surroundings),
    handling: composed.handling,
  });
  const { contract } = subscription;
  const read = contract === null ? plainReader(settings) : contractReader(contract, settings);
  const { topic, options } = subscription;
  const { line, countedAs } = surroundings;
  const counted = countedAs === undefined ? {} : { countedAs };
  const everyTopic = { ...parts, line, ...counted, read, handling: composed.handling, settlement };
  const source = new SliceWorker({ ...everyTopic, subscription });
  const preparation = preparationOf(subscription, parts, surroundings);
  const retries = retryTiersOf(topic, options).map((tier) => {
    const stage = new RetryTopicReader(read, tier.tier, options.groupId);
    const worker = new SliceWorker({
      ...everyTopic,
      stage,
      subscription: { ...subscription, topic: tier.topic },
    });
    return [tier.topic, handleOf(worker, line, preparation)] as const;
  });
  return {
    handles: new Map([[topic, handleOf(source, line, preparation)], ...retries]),
    oldestCallMs: () => composed.oldestCallMs(),
    dispose: () => composed.dispose(),
  };
}

/** @returns null for a codec that needs nothing, as most do. */
function preparationOf(
  { contract }: Subscription,
  { registry, gates, clock, random }: ReaderAssemblyParts,
  { onFatal }: ReaderSurroundings,
): CodecPreparation | null {
  if (contract?.codec.prepare === undefined) return null;
  const { dependencies } = registry;
  return new CodecPreparation({
    codec: contract.codec,
    gates,
    dependencies,
    onFatal,
    clock,
    random,
  });
}

function handleOf(
  worker: SliceWorker,
  line: StopTheLine,
  preparation: CodecPreparation | null,
): SliceHandler {
  return async (records, lane) => {
    const slice = line.begin(lane, records);
    let isHandled = false;
    try {
      if (preparation !== null) await preparation.prepare(records, lane.signal);
      const rest = await worker.process(records, lane);
      isHandled = true;
      return rest;
    } finally {
      // Here, and not when it is durable: what the line counts must come in the order of the log.
      line.end(slice, isHandled);
    }
  };
}

function settlementParts(
  subscription: Subscription,
  parts: ReaderAssemblyParts,
  { line, onFatal }: ReaderSurroundings,
) {
  const { registry, deadLetters, retryTopics, gates, metrics, clock, random, serviceVersion } =
    parts;
  const { contract, options, pipeline, target } = subscription;
  const isSink = target.kind === 'sink';
  return {
    policy: options.onError ?? DEFAULT_POLICY,
    storesInOrder: options.offsets === 'transaction',
    deadLetters,
    retryTopics,
    tiers: retryTiersOf(subscription.topic, options),
    origin: {
      topic: subscription.topic,
      groupId: options.groupId,
      pipeline,
      contract: contract === null ? null : `${contract.name} v${contract.version}`,
      serviceVersion,
    },
    permanentReason: isSink ? ('sink-rejected' as const) : ('handler-permanent' as const),
    gates,
    dependencies: registry.dependencies,
    needs: needsOf(subscription, registry),
    breaker: breakerOf(subscription, parts),
    line,
    onFatal,
    metrics,
    clock,
    random,
  };
}

/** A sink always needs itself, and a handler with an inbox needs what is behind it. */
function needsOf({ options, target }: Subscription, { inbox }: PipelineRegistry): string[] {
  const own = target.kind === 'sink' ? [target.sink.name] : [];
  const remembered = options.inbox === true && inbox !== undefined ? [inbox.name] : [];
  return [...new Set([...own, ...remembered, ...(options.needs ?? [])])];
}

/** Values of `pipeline_circuit_state`. */
const CIRCUIT_LEVELS = { closed: 0, 'half-open': 1, open: 2 } as const;

function breakerOf(
  { options, pipeline }: Subscription,
  { clock, random, metrics }: ReaderAssemblyParts,
): Breaker | null {
  if (options.circuitBreaker === undefined) return null;
  return new CircuitBreaker(options.circuitBreaker, {
    clock,
    random,
    onChange: (state) =>
      metrics.circuit.set({ pipeline, dependency: 'handler' }, CIRCUIT_LEVELS[state]),
  });
}

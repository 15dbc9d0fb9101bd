import { applyDecorators } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import type { Contract } from 'millrace/contracts';
import type { BatchOutcome } from './handling/handling';
import type { HandlerOutcome } from './records/outcome';
import type { EventBatch, RecordContext } from './records/record-context';
import type { ReadOptions } from './subscription';

/** What the decorators leave on a handler for the server, in Nest's pattern extras. */
export interface ConsumesExtras {
  readonly kind: 'record' | 'batch';
  readonly contract: Contract;
  readonly options: ReadOptions;
  readonly name: string;
  /** The class of the method. */
  readonly controller: object;
  readonly key: string | symbol;
}

const EXTRAS = 'millrace';

/** @returns undefined for a plain `@EventPattern` handler. */
export function consumesExtras(
  extras: Readonly<Record<string, unknown>> | undefined,
): ConsumesExtras | undefined {
  return extras?.[EXTRAS] as ConsumesExtras | undefined;
}

type RecordHandler<Event> = (
  event: Event,
  context: RecordContext,
) => Promise<HandlerOutcome | void> | HandlerOutcome | void;

type BatchHandlerMethod<Event> = (batch: EventBatch<Event>) => Promise<BatchOutcome> | BatchOutcome;

type MethodDecoratorFor<Handler> = <Method extends Handler>(
  target: object,
  key: string,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/**
 * Makes a controller method the handler of one event type.
 *
 * Records of a partition come one after the other, in order; the method that resolves says "stored",
 * or returns another outcome. Guards, interceptors, pipes and filters of Nest apply. What it throws
 * is classified and follows `onError`; it never stops the line.
 *
 * @example
 * @Consumes(PriceQuoted, { groupId: 'metals-audit' })
 * async onPrice(price: PriceQuoted, context: RecordContext) {}
 */
export function Consumes<Event>(
  contract: Contract<Event>,
  options: ReadOptions,
): MethodDecoratorFor<RecordHandler<Event>> {
  return consumes('record', contract, options);
}

/**
 * Makes a controller method the handler of many events of one type at once.
 *
 * It returns one outcome per record, or nothing when all are stored, or throws
 * {@link BatchError.at} to name the record that failed. After an anonymous throw the batch is
 * halved until the guilty record is found.
 *
 * @example
 * @ConsumesBatch(PriceQuoted, { groupId: 'metals-audit' })
 * async onPrices(batch: EventBatch<PriceQuoted>): Promise<BatchOutcome> {}
 */
export function ConsumesBatch<Event>(
  contract: Contract<Event>,
  options: ReadOptions,
): MethodDecoratorFor<BatchHandlerMethod<Event>> {
  return consumes('batch', contract, options);
}

function consumes(
  kind: ConsumesExtras['kind'],
  contract: Contract,
  options: ReadOptions,
): MethodDecorator {
  return (target, key, descriptor) => {
    const name = `${target.constructor.name}.${String(key)}`;
    const extras: ConsumesExtras = {
      kind,
      contract,
      options,
      name,
      controller: target.constructor,
      key,
    };
    // Nest hands over only the payload unless the parameters say otherwise.
    if (!isDeclared(target, key, 0)) Payload()(target, key, 0);
    if (kind === 'record' && !isDeclared(target, key, 1)) Ctx()(target, key, 1);
    // Topic and group together: two groups on one topic are two handlers, not a chain of one.
    const pattern = { topic: contract.topic, groupId: options.groupId };
    applyDecorators(EventPattern(pattern, { [EXTRAS]: extras }))(target, key, descriptor);
  };
}

/** True when the user decorated the parameter: with a pipe, for example. */
function isDeclared(target: object, key: string | symbol, index: number): boolean {
  const declared: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, target.constructor, key);
  const parameters = Object.values((declared ?? {}) as Record<string, { readonly index: number }>);
  return parameters.some((parameter) => parameter.index === index);
}

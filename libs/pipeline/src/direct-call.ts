import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants';
import type { ModulesContainer } from '@nestjs/core';
import { RpcParamtype } from '@nestjs/microservices/enums/rpc-paramtype.enum';
import type { ConsumesExtras } from './consumes.decorator';
import type { NestHandler } from './handling/handling';

/** What Nest wraps around a method because of its metadata. */
const WRAPPING = [
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
  EXCEPTION_FILTERS_METADATA,
];

interface ParameterMetadata {
  readonly data?: unknown;
  readonly pipes?: readonly unknown[];
}

/** The keys under which Nest keeps what `@Payload()` first and `@Ctx()` second say. */
const OURS = [`${RpcParamtype.PAYLOAD}:0`, `${RpcParamtype.CONTEXT}:1`];

/**
 * Finds the method behind a `@Consumes`, when Nest's wrapper around it would do nothing.
 *
 * The wrapper costs more than most handlers. It is left out only for a singleton controller without
 * guards, interceptors, pipes and filters, on the method, its class and its parameters.
 *
 * @returns null when the wrapper has to be called.
 */
export function directCallOf(
  { controller, key, kind }: Pick<ConsumesExtras, 'controller' | 'key' | 'kind'>,
  modules: ModulesContainer,
): NestHandler | null {
  const found = [...modules.values()].flatMap((module) => {
    const wrapper = [...module.controllers.values()].find(
      ({ metatype }) => metatype === controller,
    );
    return wrapper === undefined ? [] : [wrapper];
  });
  const [wrapper] = found;
  if (wrapper === undefined || found.length > 1 || !wrapper.isDependencyTreeStatic()) return null;
  const instance = wrapper.instance as Record<string | symbol, unknown>;
  const method = instance[key];
  if (typeof method !== 'function') return null;
  const isWrapped = [controller, method].some((target) =>
    WRAPPING.some((name) => Reflect.getMetadata(name, target) !== undefined),
  );
  if (isWrapped || !takesOnlyOurs(controller, key, kind)) return null;
  return (payload, context) =>
    (method as (event: unknown, context: unknown) => Promise<unknown>).call(
      instance,
      payload,
      context,
    );
}

/** The event first, the context second, nothing in between. */
function takesOnlyOurs(
  controller: object,
  key: string | symbol,
  kind: ConsumesExtras['kind'],
): boolean {
  const metadata = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, key) ?? {}) as Record<
    string,
    ParameterMetadata
  >;
  const expected = kind === 'record' ? OURS : OURS.slice(0, 1);
  const isPlain = ({ data, pipes = [] }: ParameterMetadata) =>
    data === undefined && pipes.length === 0;
  return (
    Object.keys(metadata).length === expected.length &&
    expected.every((name) => metadata[name] !== undefined && isPlain(metadata[name]))
  );
}

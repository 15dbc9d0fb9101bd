import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { KnownUser } from '../access/sessions';
import type { ConsoleRole } from '../access/token-hashes';
import type { Answer } from '../http/answer';
import type { ConsoleAction } from './actions';

/** What a route gets to work with. */
export interface RouteCall<Params = Record<string, string>, Query = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly user: KnownUser;
  /** Aborted when the caller is gone, and when a read takes too long. */
  readonly signal: AbortSignal;
  readonly response: ServerResponse;
  /** Of the request; null = none. */
  readonly lastEventId: string | null;
  readonly cookieId: string | null;
}

/** `session` writes nothing but a cookie: neither reason nor key are asked for. */
export type RouteKind = 'read' | 'write' | 'session' | 'stream';

/** Allows more than the action of the route; another role may be needed. */
export interface Grant {
  readonly action: ConsoleAction;
  readonly role: ConsoleRole;
}

/** One line of the route table: what is there, who may do it, what it takes and answers. */
export interface RouteDefinition<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
> extends Grant {
  readonly method: 'GET' | 'POST';
  /** Below /console/api/v1; `:name` stands for one part of the path. */
  readonly path: string;
  readonly kind: RouteKind;
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Statuses of success, with what they say. */
  readonly answers: Readonly<Record<number, string>>;
  /** Reads much: few at once. */
  readonly isScan?: true;
  /** Default: false, always. */
  isDryRun?(body: z.output<Body>): boolean;
  /** Default: the route's own. */
  grantOf?(body: z.output<Body>): Grant;
  /** Group id that is meant; null = all, or none. Default: null. */
  pipelineOf?(call: {
    readonly params: z.output<Params>;
    readonly query: z.output<Query>;
    readonly body: z.output<Body>;
  }): string | null;
  handle(
    call: RouteCall<z.output<Params>, z.output<Query>, z.output<Body>>,
  ): Promise<Answer | 'answered'>;
}

/** A route whose types were checked by {@link route}. */
export type Route = Omit<
  RouteDefinition,
  'params' | 'query' | 'body' | 'isDryRun' | 'grantOf' | 'pipelineOf' | 'handle'
> & {
  readonly params: z.ZodObject | null;
  readonly query: z.ZodObject | null;
  readonly body: z.ZodType | null;
  isDryRun(body: unknown): boolean;
  grantOf(body: unknown): Grant;
  pipelineOf(call: {
    readonly params: unknown;
    readonly query: unknown;
    readonly body: unknown;
  }): string | null;
  handle(call: RouteCall<unknown>): Promise<Answer | 'answered'>;
};

/** Makes a line of the route table; what the handler gets has the types of its schemas. */
export function route<
  Params extends z.ZodObject = z.ZodObject<Record<string, never>>,
  Query extends z.ZodObject = z.ZodObject<Record<string, never>>,
  Body extends z.ZodType = z.ZodUndefined,
>(definition: RouteDefinition<Params, Query, Body>): Route {
  const { params = null, query = null, body = null, action, role } = definition;
  return {
    ...definition,
    params,
    query,
    body,
    // The dispatcher parses with these very schemas before it calls any of them.
    isDryRun: (parsed) => definition.isDryRun?.(parsed as z.output<Body>) ?? false,
    grantOf: (parsed) => definition.grantOf?.(parsed as z.output<Body>) ?? { action, role },
    pipelineOf: (call) =>
      definition.pipelineOf?.(call as Parameters<NonNullable<typeof definition.pipelineOf>>[0]) ??
      null,
    handle: (call) => definition.handle(call as Parameters<typeof definition.handle>[0]),
  };
}

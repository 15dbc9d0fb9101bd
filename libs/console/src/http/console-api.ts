import type { IncomingMessage, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { MillraceError } from 'millrace/errors';
import type { Clock } from 'millrace/retry';
import { checkHost, checkOrigin } from '../access/origin';
import type { OriginRules } from '../access/origin';
import type { Authorization } from '../access/authorization';
import type { Gatekeeper } from '../access/gatekeeper';
import { LOGIN_PATH } from '../access/login-link';
import type { LoginLink } from '../access/login-link';
import type { KnownUser } from '../access/sessions';
import { Sessions } from '../access/sessions';
import {
  ConsoleBusyError,
  ConsoleMethodRefusedError,
  ConsoleNotFoundError,
} from '../console.errors';
import { CONSOLE_DEFAULTS } from '../console.options';
import type { ConsoleMetrics } from '../console.metrics';
import type { Route } from '../routes/route';
import { RouteTable } from '../routes/route-table';
import { checkMediaType, parseJson, readBody } from './body';
import type { Answer } from './answer';
import { send } from './answer';
import { Deadline } from './deadline';
import { invalid, parsePart, queryOf } from './parse';
import { problemAnswer } from './problem';
import type { Writes } from './writes';

export interface ConsoleApiParts {
  readonly routes: readonly Route[];
  readonly gatekeeper: Gatekeeper;
  readonly authorization: Authorization;
  readonly login: LoginLink;
  readonly writes: Writes;
  readonly origin: OriginRules;
  readonly metrics: ConsoleMetrics;
  readonly clock: Clock;
}

/** What is known of a request once it was looked at. */
interface Request {
  readonly route: Route;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly raw: Buffer;
}

/**
 * Takes a request from the socket to its answer.
 *
 * Promises: nothing is done for a caller who may not, or before the whole request was looked at;
 * every answer carries the safety headers; whatever goes wrong is an answer with a code.
 */
export class ConsoleApi {
  private readonly logger = new Logger('Console');
  private readonly table: RouteTable;
  private open = 0;
  private openScans = 0;
  private isDraining = false;

  constructor(private readonly parts: ConsoleApiParts) {
    this.table = new RouteTable(parts.routes);
  }

  /** From now on nothing is changed any more; what is asked is still answered. */
  drain(): void {
    this.isDraining = true;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const metrics = this.parts.metrics.begin(request.method ?? '');
    this.open += 1;
    try {
      const answer = await this.answerOf(request, response, metrics.routed);
      if (answer !== 'answered') send(response, answer);
    } catch (error) {
      this.report(error, request);
      // A body that was not read to its end would be taken for the next request.
      if (!request.complete) response.setHeader('Connection', 'close');
      send(response, problemAnswer(error));
    } finally {
      this.open -= 1;
      metrics.end(response.statusCode);
    }
  }

  private async answerOf(
    request: IncomingMessage,
    response: ServerResponse,
    routed: (path: string) => void,
  ): Promise<Answer | 'answered'> {
    if (this.open > CONSOLE_DEFAULTS.requests) throw new ConsoleBusyError();
    const { gatekeeper, authorization, login, origin } = this.parts;
    checkHost(request, origin);
    const [path = '', search = ''] = splitUrl(request.url ?? '');
    if (path === LOGIN_PATH) return login.answer(request, search);
    const known = authorization.known(gatekeeper.identify(request));
    const { route, params: words } = this.routeOf(request.method ?? '', path);
    routed(route.path);
    authorization.checkRole(known, route, route);
    const hasCookie = request.headers.authorization === undefined && known !== null;
    if (route.method === 'POST') this.checkWrite(request, hasCookie);
    const params = parsePart(route.params, words, 'params');
    const query = parsePart(route.query, queryOf(new URLSearchParams(search)), 'query');
    const raw = await readBody(request, CONSOLE_DEFAULTS.bodyBytes);
    const body = this.bodyOf(route, raw);
    const user = await authorization.authorize({
      request,
      path,
      known,
      route,
      params,
      query,
      body,
    });
    return this.handle({ route, params, query, body, raw }, user, request, response);
  }

  private routeOf(method: string, path: string) {
    const match = this.table.match(method, path);
    switch (match.found) {
      case 'route':
        return match;
      case 'path':
        throw new ConsoleMethodRefusedError({
          message: 'this path has no such method',
          facts: { allow: [...new Set(match.methods)].join(', ') },
        });
      case 'nothing':
        throw new ConsoleNotFoundError({ message: 'there is no such path' });
      default:
        return match satisfies never;
    }
  }

  private checkWrite(request: IncomingMessage, hasCookie: boolean): void {
    checkOrigin(request, this.parts.origin, hasCookie);
    if (request.headers['x-millrace-console'] !== '1') {
      throw invalid([{ path: 'headers.X-Millrace-Console', message: 'must be 1' }]);
    }
    checkMediaType(request);
    if (this.isDraining) throw new ConsoleBusyError({ message: 'the process is about to end' });
  }

  private bodyOf({ method, body }: Route, raw: Buffer): unknown {
    if (method === 'GET') {
      if (raw.length > 0) throw invalid([{ path: 'body', message: 'nothing is taken here' }]);
      return undefined;
    }
    return parsePart(body, raw.length === 0 && body === null ? {} : parseJson(raw), 'body');
  }

  private async handle(
    { route, params, query, body, raw }: Request,
    user: KnownUser,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Answer | 'answered'> {
    const scan = this.beginScan(route);
    const deadline = new Deadline(response, this.parts.clock);
    const call = {
      params,
      query,
      body,
      user,
      response,
      signal: deadline.signal,
      lastEventId: textOf(request.headers['last-event-id']),
      cookieId: Sessions.idOf(request.headers.cookie),
    };
    try {
      if (route.kind === 'write') return await this.parts.writes.run(route, call, request, raw);
      if (route.kind === 'read') return await deadline.limit(route.handle(call));
      return await route.handle(call);
    } finally {
      deadline.end();
      scan();
    }
  }

  private beginScan({ isScan }: Route): () => void {
    if (isScan !== true) return () => undefined;
    if (this.openScans >= CONSOLE_DEFAULTS.scans) throw new ConsoleBusyError();
    this.openScans += 1;
    return () => void (this.openScans -= 1);
  }

  /** Refusals are for the caller; what nobody expected is for the log. Neither holds what was sent. */
  private report(error: unknown, { method }: IncomingMessage): void {
    if (error instanceof MillraceError && error.failure !== 'fatal') return;
    const facts = { event: 'console.failed', method, error: String(error) };
    this.logger.error(facts, 'the console could not answer');
  }
}

function splitUrl(url: string): readonly string[] {
  const at = url.indexOf('?');
  return at < 0 ? [url] : [url.slice(0, at), url.slice(at + 1)];
}

function textOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header : null;
}

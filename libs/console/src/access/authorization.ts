import type { IncomingMessage } from 'node:http';
import {
  ConsoleForbiddenError,
  ConsoleMethodRefusedError,
  ConsoleUnauthenticatedError,
} from '../console.errors';
import type { Authorize, ConsoleUser } from '../console.options';
import type { Grant, Route } from '../routes/route';
import { addressOf } from './gatekeeper';
import type { KnownUser } from './sessions';
import { CONSOLE_ROLES } from './token-hashes';

/** A request that was read and found well-formed. */
export interface AuthorizationCall {
  readonly request: IncomingMessage;
  readonly path: string;
  /** Whose token it carries; null = none. */
  readonly known: KnownUser | null;
  readonly route: Route;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** Decides who may do what: by the role of a token, and by the hook of the service where there is one. */
export class Authorization {
  constructor(private readonly hook: Authorize | undefined) {}

  /**
   * Turns away early who is nobody, unless a hook may know better.
   *
   * @throws {ConsoleUnauthenticatedError} CONSOLE_UNAUTHENTICATED
   */
  known(user: KnownUser | null): KnownUser | null {
    if (user === null && this.hook === undefined) throw new ConsoleUnauthenticatedError();
    return user;
  }

  /**
   * @param grant - what is to be done.
   * @throws {ConsoleMethodRefusedError} CONSOLE_METHOD_REFUSED for a viewer who writes.
   * @throws {ConsoleForbiddenError} CONSOLE_FORBIDDEN for a lower role.
   */
  checkRole(
    user: ConsoleUser | null,
    { role, action }: Grant,
    { kind }: Pick<Route, 'kind'>,
  ): void {
    if (user === null || rankOf(user.role) >= rankOf(role)) return;
    if (user.role === 'viewer' && kind === 'write') {
      throw new ConsoleMethodRefusedError({
        message: 'viewers only read',
        facts: { allow: 'GET' },
      });
    }
    throw new ConsoleForbiddenError({ message: `${action} needs the role ${role}` });
  }

  /**
   * Who acts, after everything was looked at.
   *
   * @throws {ConsoleForbiddenError} CONSOLE_FORBIDDEN
   * @throws {ConsoleUnauthenticatedError} CONSOLE_UNAUTHENTICATED
   */
  async authorize(call: AuthorizationCall): Promise<KnownUser> {
    const { route, known } = call;
    const grant = route.grantOf(call.body);
    const user = this.hook === undefined ? known : await this.ask(this.hook, grant, call);
    if (user !== null) {
      this.checkRole(user, grant, route);
      return { name: user.name, role: user.role, expiresAtMs: known?.expiresAtMs ?? null };
    }
    if (known === null) throw new ConsoleUnauthenticatedError();
    throw new ConsoleForbiddenError({ message: `${grant.action} is refused` });
  }

  private async ask(
    hook: Authorize,
    { action }: Grant,
    { request, path, known, route, params, query, body }: AuthorizationCall,
  ): Promise<ConsoleUser | null> {
    const { method = '', headers } = request;
    const user = known === null ? null : { name: known.name, role: known.role };
    const facts = { method, path, headers, remoteAddress: addressOf(request), user };
    return hook(facts, action, route.pipelineOf({ params, query, body }));
  }
}

const rankOf = (role: ConsoleUser['role']) => CONSOLE_ROLES.indexOf(role);

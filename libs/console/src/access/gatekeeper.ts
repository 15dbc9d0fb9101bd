import type { IncomingMessage } from 'node:http';
import type { Clock } from 'millrace/retry';
import {
  ConsoleLoginLimitedError,
  ConsoleTokenExpiredError,
  ConsoleUnauthenticatedError,
} from '../console.errors';
import type { LoginAttempts } from './login-attempts';
import type { KnownUser } from './sessions';
import { Sessions } from './sessions';
import type { TokenEntry } from './token-hashes';
import { findToken } from './tokens';

export interface GatekeeperParts {
  readonly entries: readonly TokenEntry[];
  readonly sessions: Sessions;
  readonly attempts: LoginAttempts;
  readonly clock: Pick<Clock, 'now'>;
}

/** Knows who sends a request. */
export class Gatekeeper {
  constructor(private readonly parts: GatekeeperParts) {}

  /**
   * Who sends it; null = it carries neither token nor cookie.
   *
   * @throws {ConsoleUnauthenticatedError} CONSOLE_UNAUTHENTICATED for a token that nobody knows.
   * @throws {ConsoleTokenExpiredError} CONSOLE_TOKEN_EXPIRED
   * @throws {ConsoleLoginLimitedError} CONSOLE_LOGIN_LIMITED after too many unknown ones.
   */
  identify(request: IncomingMessage): KnownUser | null {
    const { authorization, cookie } = request.headers;
    if (authorization !== undefined) {
      const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
      return this.byToken(token ?? '', addressOf(request));
    }
    const sessionId = Sessions.idOf(cookie);
    return sessionId === null ? null : this.bySession(sessionId);
  }

  /** Who has a token; throws as {@link identify} does. */
  byToken(token: string, address: string): KnownUser {
    const { entries, attempts } = this.parts;
    const waitSeconds = attempts.waitSeconds(address);
    if (waitSeconds > 0)
      throw new ConsoleLoginLimitedError({ facts: { retryAfterSeconds: waitSeconds } });
    const entry = findToken(entries, token);
    if (entry === null) {
      attempts.failed(address);
      throw new ConsoleUnauthenticatedError();
    }
    const { name, role, expiresAtMs } = entry;
    return this.unexpired({ name, role, expiresAtMs });
  }

  /** True when the token of a long answer is over. */
  isExpired({ expiresAtMs }: Pick<KnownUser, 'expiresAtMs'>): boolean {
    return expiresAtMs !== null && expiresAtMs <= this.parts.clock.now();
  }

  private bySession(id: string): KnownUser {
    const user = this.parts.sessions.find(id);
    if (user === null) throw new ConsoleUnauthenticatedError();
    return this.unexpired(user);
  }

  private unexpired(user: KnownUser): KnownUser {
    if (this.isExpired(user)) throw new ConsoleTokenExpiredError();
    return user;
  }
}

/** From the socket: headers of proxies can be made up. */
export function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? 'unknown';
}

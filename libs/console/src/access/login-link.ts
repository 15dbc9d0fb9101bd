import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Answer } from '../http/answer';
import { ConsoleMethodRefusedError, ConsoleNotFoundError } from '../console.errors';
import { API_PATH } from '../routes/route-table';
import { addressOf } from './gatekeeper';
import type { Gatekeeper } from './gatekeeper';
import type { Sessions } from './sessions';
import type { TokenEntry } from './token-hashes';
import { sha256Of } from './tokens';

export const LOGIN_PATH = '/console/login';
const TOKEN_BYTES = 32;

/** A token of this process, for a developer who has set none; it is shown once, in the link. */
export interface DeveloperToken {
  readonly entry: TokenEntry;
  readonly link: string;
}

export function developerToken(): DeveloperToken {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  return {
    entry: { role: 'admin', name: 'developer', sha256: sha256Of(token), expiresAtMs: null },
    link: `${LOGIN_PATH}?token=${token}`,
  };
}

export interface LoginLinkParts {
  readonly gatekeeper: Gatekeeper;
  readonly sessions: Sessions;
  /** Only the token of a developer travels in an address: others would end up in logs of proxies. */
  readonly isOpen: boolean;
}

/** Turns the link of the log into a cookie, and takes the token out of the address. */
export class LoginLink {
  constructor(private readonly parts: LoginLinkParts) {}

  /** @param search - of the request, without `?`. */
  answer(request: IncomingMessage, search: string): Answer {
    const { gatekeeper, sessions, isOpen } = this.parts;
    if (!isOpen) throw new ConsoleNotFoundError({ message: 'there is no such path' });
    if (request.method !== 'GET') throw new ConsoleMethodRefusedError({ facts: { allow: 'GET' } });
    const token = new URLSearchParams(search).get('token') ?? '';
    const user = gatekeeper.byToken(token, addressOf(request));
    const headers = { 'Set-Cookie': sessions.begin(user), Location: `${API_PATH}/handlers` };
    return { status: 303, headers };
  }
}

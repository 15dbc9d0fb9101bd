import { randomBytes } from 'node:crypto';
import type { Clock } from 'millrace/retry';
import type { ConsoleUser } from '../console.options';
import { sha256Of } from './tokens';

const COOKIE = 'millrace_console';
const ID_BYTES = 32;

/** Somebody whom a cookie or a token names. */
export interface KnownUser extends ConsoleUser {
  /** Null = never; unit ms since the Unix epoch. */
  readonly expiresAtMs: number | null;
}

/** What browsers show in place of a token, because event streams cannot send headers. In memory. */
export class Sessions {
  // By hash: what is compared is never the secret itself.
  private readonly byHash = new Map<string, KnownUser>();

  constructor(
    private readonly options: {
      readonly ttlMs: number;
      readonly limit: number;
      readonly isSecure: boolean;
    },
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** @returns the header Set-Cookie. */
  begin(user: KnownUser): string {
    const { ttlMs, limit } = this.options;
    const id = randomBytes(ID_BYTES).toString('base64url');
    const endsAtMs = this.clock.now() + ttlMs;
    const expiresAtMs = Math.min(endsAtMs, user.expiresAtMs ?? endsAtMs);
    this.byHash.set(keyOf(id), { ...user, expiresAtMs });
    const [oldest] = this.byHash.keys();
    if (this.byHash.size > limit && oldest !== undefined) this.byHash.delete(oldest);
    return this.cookie(id, Math.floor((expiresAtMs - this.clock.now()) / 1_000));
  }

  /** Null = there is no such session; one that has expired is still found. */
  find(id: string): KnownUser | null {
    return this.byHash.get(keyOf(id)) ?? null;
  }

  /** @returns the header Set-Cookie that takes the cookie away. */
  end(id: string | null): string {
    if (id !== null) this.byHash.delete(keyOf(id));
    return this.cookie('', 0);
  }

  /** What the header Cookie says; null = nothing for us. */
  static idOf(header: string | undefined): string | null {
    for (const part of (header ?? '').split(';')) {
      const [name, value] = part.trim().split('=');
      if (name === COOKIE && value !== undefined && value !== '') return value;
    }
    return null;
  }

  private cookie(value: string, maxAgeSeconds: number): string {
    const secure = this.options.isSecure ? '; Secure' : '';
    return `${COOKIE}=${value}; Path=/console; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure}`;
  }
}

const keyOf = (id: string) => sha256Of(id).toString('base64');

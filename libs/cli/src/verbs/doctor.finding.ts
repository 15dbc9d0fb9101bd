import type { ExitCode } from '../exit-codes';

/** One look at one thing. */
export interface Finding {
  readonly what: string;
  /** `warn` is no reason for exit code 1. */
  readonly state: 'ok' | 'warn' | 'wrong';
  readonly found: string;
  readonly fix: string | null;
  /** Of a server that does not answer. */
  readonly code?: ExitCode;
}

export const fine = (what: string, found: string): Finding => ({
  what,
  state: 'ok',
  found,
  fix: null,
});

export const wrong = (what: string, found: string, fix: string): Finding => ({
  what,
  state: 'wrong',
  found,
  fix,
});

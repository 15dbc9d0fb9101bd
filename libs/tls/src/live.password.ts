import { Secret } from 'millrace/config';
import type { Clock } from 'millrace/retry';
import { LiveFile } from './live.file';
import { TlsFileUnreadableError } from './tls.errors';

export interface LivePasswordOptions {
  /** Who it is for; example `kafka`. */
  readonly identity: string;
  /** One line; what comes behind it does not count. */
  readonly file: string;
  readonly clock: Clock;
  /** Told each time when another password came into use, not at the start. */
  readonly onExchange?: () => void;
}

/**
 * Keeps a password as new as its file, see {@link LiveFile}.
 *
 * Promises: an empty file keeps the one before it; the password is never printed.
 */
export function livePassword({ identity, ...rest }: LivePasswordOptions): LiveFile<Secret> {
  const { file } = rest;
  return new LiveFile({
    ...rest,
    what: `password of ${identity}`,
    parse: (text) => {
      const [line = ''] = text.split(/\r?\n/, 1);
      if (line !== '') return new Secret(line);
      throw new TlsFileUnreadableError({
        message: `the password file ${file} is empty`,
        where: file,
      });
    },
  });
}

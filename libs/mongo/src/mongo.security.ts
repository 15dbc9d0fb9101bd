import type { Clock } from 'millrace/retry';
import { LiveCredentials } from 'millrace/tls';
import type { LiveTlsOptions } from 'millrace/tls';
import type { ResolvedMongoOptions, SecurityOptions } from './mongo.options';

/** Proves who we are to the server, with material that may change while the process runs. */
export class MongoSecurity extends LiveCredentials {
  private readonly username: string | undefined;

  constructor(
    { tlsFiles: files, username, passwordFile }: ResolvedMongoOptions,
    clock: Clock,
    listeners: Pick<LiveTlsOptions, 'onExchange' | 'onStatus'> = {},
  ) {
    super({ identity: 'mongo', files, passwordFile: passwordFile ?? null, clock, ...listeners });
    this.username = username;
  }

  /** What a client is made with at this moment. */
  get options(): SecurityOptions {
    const { context: secureContext, password, username } = this;
    return {
      ...(secureContext === null ? {} : { tls: true, secureContext }),
      ...(password === null || username === undefined
        ? {}
        : { auth: { username, password: password.reveal() } }),
    };
  }
}

import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { SETTINGS } from 'millrace/config';
import type { Settings } from 'millrace/config';
import { CLOCK } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { LiveFile } from 'millrace/tls';
import { producerSettings } from '../producer.config';
import { KeyList } from './key.list';

const BEARER = /^bearer +([\x21-\x7e]+) *$/i;

/** The headers of a request are enough to know who sends it. */
export type CallerRequest = Pick<IncomingMessage, 'headers'>;

/**
 * Knows who may send prices: whoever has a key of HTTP_API_KEYS_FILE, or everybody without such a file.
 *
 * Mutual TLS has refused strangers before they get here.
 */
@Injectable()
export class Callers implements OnModuleInit, OnApplicationShutdown {
  private readonly keys: LiveFile<KeyList> | null;

  constructor(@Inject(SETTINGS) settings: Settings, @Inject(CLOCK) clock: Clock) {
    const { apiKeysFile: file } = settings.get(producerSettings);
    const parse = (text: string) => KeyList.parse(text, file ?? '');
    this.keys =
      file === undefined ? null : new LiveFile({ what: 'list of API keys', file, clock, parse });
  }

  /** @throws {MillraceError} TLS_FILE_MISSING, TLS_FILE_UNREADABLE or API_KEYS_INVALID. */
  async onModuleInit(): Promise<void> {
    await this.keys?.start();
  }

  onApplicationShutdown(): void {
    this.keys?.stop();
  }

  /** Looks at the file now. @returns whether other keys are good afterwards. Never rejects. */
  async refresh(): Promise<boolean> {
    return (await this.keys?.refresh()) ?? false;
  }

  /** True when the request may be worked on, and its body read. */
  admits(request: CallerRequest): boolean {
    return this.keys === null || this.nameOf(request) !== null;
  }

  /** @returns the name of the key that was sent; null = no key, a wrong one, or none is asked for. */
  nameOf({ headers }: CallerRequest): string | null {
    if (this.keys === null) return null;
    const sent = keyIn(headers);
    return sent === undefined ? null : this.keys.current.nameOf(sent);
  }
}

/** `Authorization` counts before `x-api-key`: one request has one caller. */
function keyIn(headers: CallerRequest['headers']): string | undefined {
  const { authorization, 'x-api-key': apiKey } = headers;
  if (authorization !== undefined) return BEARER.exec(authorization)?.[1];
  return typeof apiKey === 'string' && apiKey !== '' ? apiKey : undefined;
}

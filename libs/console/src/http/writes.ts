import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import { MillraceError } from 'millrace/errors';
import type { Route, RouteCall } from '../routes/route';
import type { Answer } from './answer';
import type { Idempotency } from './idempotency';
import { invalid } from './parse';
import { statusOf } from './statuses';

const KEY = /^[\x21-\x7e]{1,128}$/;

/** Does what changes something: once per Idempotency-Key, with a line in the log. */
export class Writes {
  private readonly logger = new Logger('Console');

  constructor(private readonly idempotency: Idempotency) {}

  /** @param raw - the body as it came: a repeat has the same bytes. */
  async run(
    route: Route,
    call: RouteCall<unknown>,
    request: IncomingMessage,
    raw: Buffer,
  ): Promise<Answer> {
    if (route.isDryRun(call.body)) return answerOf(await route.handle(call));
    const { reason } = call.body as { readonly reason?: string };
    if (reason === undefined) throw invalid([{ path: 'body.reason', message: 'must be given' }]);
    const key = keyOf(request);
    const print = createHash('sha256').update(`${request.method} ${request.url}\n`).update(raw);
    return this.idempotency.once(`${call.user.name} ${key}`, print.digest('base64'), async () =>
      this.act(route, call),
    );
  }

  private async act(route: Route, call: RouteCall<unknown>): Promise<Answer> {
    const facts = { event: 'admin.action', action: route.action, by: call.user.name };
    try {
      const answer = answerOf(await route.handle(call));
      this.logger.log({ ...facts, status: answer.status }, `${call.user.name}: ${route.action}`);
      return answer;
    } catch (error) {
      const code = error instanceof MillraceError ? error.code : undefined;
      const status = error instanceof MillraceError ? statusOf(error) : 500;
      this.logger.warn(
        { ...facts, status, code },
        `${call.user.name}: ${route.action} was refused`,
      );
      throw error;
    }
  }
}

function keyOf({ headers }: IncomingMessage): string {
  const key = headers['idempotency-key'];
  if (typeof key === 'string' && KEY.test(key)) return key;
  throw invalid([
    { path: 'headers.Idempotency-Key', message: 'must be 1 to 128 printable characters' },
  ]);
}

function answerOf(answer: Answer | 'answered'): Answer {
  if (answer === 'answered') throw new Error('a write answers with JSON');
  return answer;
}

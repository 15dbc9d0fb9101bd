import type { IncomingMessage } from 'node:http';
import {
  ConsoleBodyTooLargeError,
  ConsoleMediaTypeError,
  ConsoleRequestInvalidError,
} from '../console.errors';

/**
 * Reads a body, never more of it than allowed.
 *
 * @throws {ConsoleBodyTooLargeError} CONSOLE_BODY_TOO_LARGE; the connection cannot be used again.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** @throws {ConsoleMediaTypeError} CONSOLE_MEDIA_TYPE */
export function checkMediaType({ headers }: IncomingMessage): void {
  const type = headers['content-type'] ?? '';
  const isJson = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i.test(type.trim());
  const encoding = headers['content-encoding'] ?? 'identity';
  if (!isJson || encoding !== 'identity') throw new ConsoleMediaTypeError();
}

/** @throws {ConsoleRequestInvalidError} CONSOLE_REQUEST_INVALID; the text is not repeated. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    throw new ConsoleRequestInvalidError({
      message: 'the body is not JSON',
      facts: { issues: [{ path: 'body', message: 'must be JSON in UTF-8' }] },
    });
  }
}

function tooLarge(maxBytes: number): ConsoleBodyTooLargeError {
  return new ConsoleBodyTooLargeError({ message: `a body has at most ${maxBytes} bytes` });
}

import { readFileSync } from 'node:fs';
import { request } from 'node:https';

export interface HttpsAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Calls an HTTPS server over a connection of its own, so that each call is a handshake.
 *
 * @param caFile - read at each call, as a client does whose trust is exchanged.
 */
export function call(
  url: string,
  { caFile, body }: { readonly caFile: string; readonly body?: unknown },
): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        ca: readFileSync(caFile),
        agent: false,
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'content-type': 'application/json' },
        timeout: 20_000,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer in 20 s')));
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

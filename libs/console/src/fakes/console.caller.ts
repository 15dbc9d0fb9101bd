import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { API_PATH } from '../routes/route-table';

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** undefined for an answer that is no JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- specs look into answers of any shape
  readonly body: any;
}

type HeaderValues = Readonly<Record<string, string | undefined>>;

/** Calls the console as its users do; what a browser or curl would not send can be sent, too. */
export class ConsoleCaller {
  constructor(
    private readonly port: number,
    private readonly headers: HeaderValues,
  ) {}

  /** @param path - below /console/api/v1. */
  get(path: string, headers: HeaderValues = {}): Promise<Answered> {
    return this.send('GET', API_PATH + path, headers);
  }

  /** A write with everything that it needs; undefined takes a header away. */
  post(path: string, body: unknown, headers: HeaderValues = {}): Promise<Answered> {
    const usual = {
      'Content-Type': 'application/json',
      'X-Millrace-Console': '1',
      'Idempotency-Key': randomUUID(),
    };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.send('POST', API_PATH + path, { ...usual, ...headers }, text);
  }

  /** The status alone: of a stream as well. @param path - below /console/api/v1. */
  async statusOf(method: string, path: string, body?: unknown): Promise<number> {
    const headers = {
      ...this.headers,
      'Content-Type': 'application/json',
      'X-Millrace-Console': '1',
      'Idempotency-Key': randomUUID(),
    };
    const text = body === undefined ? '' : JSON.stringify(body);
    const target = { host: '127.0.0.1', port: this.port, path: API_PATH + path } as const;
    return new Promise((resolve, reject) => {
      const sent = request({ ...target, method, agent: false, headers }, (response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }

  /** @param path - the whole of it. */
  send(method: string, path: string, headers: HeaderValues = {}, body = ''): Promise<Answered> {
    const all = Object.entries({ ...lengthOf(body), ...this.headers, ...headers }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    const options = { host: '127.0.0.1', port: this.port, method, path, agent: false } as const;
    return new Promise((resolve, reject) => {
      const sent = request({ ...options, headers: Object.fromEntries(all) }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const { statusCode = 0 } = response;
          resolve({ status: statusCode, headers: response.headers, text, body: parsed(text) });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

const lengthOf = (body: string) =>
  body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

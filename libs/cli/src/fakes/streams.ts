import { PassThrough } from 'node:stream';

/** A stream that remembers what was written, and may claim to be a terminal. */
export class RecordedOutput extends PassThrough {
  private readonly chunks: Buffer[] = [];

  constructor(
    readonly isTTY: boolean,
    readonly columns = 120,
  ) {
    super();
    this.on('data', (chunk: Buffer) => this.chunks.push(chunk));
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('utf8');
  }

  get lines(): readonly string[] {
    return this.text.split('\n').slice(0, -1);
  }

  /** Each line as JSON. */
  get json(): ReadonlyArray<Record<string, unknown>> {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

/** Standard input with a text, or a terminal on which it is typed. */
export function typed(text: string, isTTY = false): PassThrough & { readonly isTTY: boolean } {
  const stream = Object.assign(new PassThrough(), { isTTY });
  stream.end(text);
  return stream;
}

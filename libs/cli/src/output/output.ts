import { once } from 'node:events';
import type { CliEdge, TextOutput } from '../edge';
import { pipedCell, shownCell } from './columns';
import type { Cell, Column } from './columns';
import { jsonLine } from './json';
import { TableWriter } from './table';
import { pad, plainText } from './text';

/** `json`: JSON lines; `table`: for people; `columns`: separated by tabs, exact, no heads. */
export const FORMATS = ['json', 'table', 'columns'] as const;
export type Format = (typeof FORMATS)[number];

/** One named fact of a single thing; a nested list is a JSON text in a pipe. */
export type Fact = readonly [name: string, value: Cell, shown?: string];

const DEFAULT_WIDTH = 100;

/**
 * Writes the results of a command: standard output has results and nothing else, everything that is
 * told beside them goes to standard error.
 *
 * Promises: what comes from records and servers cannot steer a terminal; a slow reader slows the
 * command down instead of filling the memory.
 */
export class Output {
  readonly format: Format;

  constructor(
    private readonly edge: Pick<CliEdge, 'stdout' | 'stderr' | 'signal'>,
    format?: Format,
  ) {
    this.format = format ?? (edge.stdout.isTTY === true ? 'table' : 'columns');
  }

  get isJson(): boolean {
    return this.format === 'json';
  }

  /** True when a person may be asked and shown a bar. */
  get hasTerminal(): boolean {
    return this.edge.stderr.isTTY === true;
  }

  /** Writes a list, row by row. @param json - what a JSON line shows of a row. @returns how many. */
  async rows<Row>(
    columns: ReadonlyArray<Column<Row>>,
    rows: Iterable<Row> | AsyncIterable<Row>,
    json: (row: Row) => unknown = (row) => row,
  ): Promise<number> {
    const table = this.format === 'table' ? this.table(columns) : undefined;
    let count = 0;
    for await (const row of rows) {
      count += 1;
      if (table !== undefined) await table.add(row);
      else if (this.isJson) await this.line(jsonLine(json(row)));
      else await this.line(columns.map((column) => pipedCell(column, row)).join('\t'));
    }
    await table?.end();
    return count;
  }

  /** Writes one thing: a line per fact, or one JSON line. */
  async facts(facts: readonly Fact[], json: unknown): Promise<void> {
    if (this.isJson) return this.line(jsonLine(json));
    const width = Math.max(...facts.map(([name]) => name.length));
    for (const [name, value, shown] of facts) {
      const column: Column<Cell> = { name, value: (cell) => cell };
      const text = shown === undefined ? shownCell(column, value) : plainText(shown);
      if (this.format === 'table') await this.line(`${pad(name, width, 'left')}  ${text}`);
      else await this.line(`${name}\t${pipedCell(column, value)}`);
    }
  }

  /** Writes text as it is; it must be harmless already. */
  line(text: string): Promise<void> {
    return this.raw(`${text}\n`);
  }

  async raw(text: string): Promise<void> {
    await write(this.edge.stdout, text, this.edge.signal);
  }

  /** Tells something beside the results; several lines are several notes. */
  note(text: string): void {
    this.edge.stderr.write(`${text.split('\n').map(plainText).join('\n')}\n`);
  }

  /** Lines of foreign text as they are, made harmless. */
  async paragraph(lines: readonly string[]): Promise<void> {
    for (const line of lines) await this.line(plainText(line));
  }

  /** A head between lists; only for people. */
  async head(text: string): Promise<void> {
    if (this.format === 'table') await this.line(`\n${plainText(text)}`);
  }

  private table<Row>(columns: ReadonlyArray<Column<Row>>): TableWriter<Row> {
    const width = this.edge.stdout.columns ?? DEFAULT_WIDTH;
    return new TableWriter(columns, width, (text) => this.line(text));
  }
}

/** Writes and waits while the reader is behind; stops waiting when nobody reads any more. */
async function write(stream: TextOutput, text: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!stream.write(text)) await once(stream, 'drain', { signal });
}

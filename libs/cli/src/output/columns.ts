import { number, plainText } from './text';

/** A cell as it comes; null = nothing to show. */
export type Cell = string | number | bigint | boolean | Date | null | undefined;

/** One column of a list. */
export interface Column<Row> {
  /** Head of the column on a terminal; the place in the line is what counts in a pipe. */
  readonly name: string;
  readonly value: (row: Row) => Cell;
  /** Another text for people; default: the value. */
  readonly shown?: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** It is cut first when the terminal is narrow; at most one per list. */
  readonly shrinks?: boolean;
}

/** The cell in a pipe: exact, one line, no tab. */
export function pipedCell<Row>(column: Column<Row>, row: Row): string {
  const value = column.value(row);
  if (value === null || value === undefined) return '';
  return plainText(value instanceof Date ? value.toISOString() : String(value));
}

/** The cell for people. */
export function shownCell<Row>(column: Column<Row>, row: Row): string {
  if (column.shown !== undefined) return plainText(column.shown(row));
  const value = column.value(row);
  if (value === null || value === undefined) return '-';
  if (typeof value === 'number' || typeof value === 'bigint') return number(value);
  return plainText(value instanceof Date ? secondsOf(value) : String(value));
}

const secondsOf = (time: Date) => time.toISOString().replace(/\.\d+Z$/, 'Z');

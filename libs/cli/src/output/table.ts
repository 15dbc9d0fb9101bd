import { shownCell } from './columns';
import type { Column } from './columns';
import { cut, pad } from './text';

/** Rows that decide the widths; later ones keep to them. */
const MEASURED_ROWS = 200;
const GAP = '  ';
/** Less than this says nothing: a narrow terminal wraps. */
const NARROWEST = 24;

/** Lays a list out for people. Holds the first rows only, so a list may be endless. */
export class TableWriter<Row> {
  private held: string[][] = [];
  private widths: readonly number[] | undefined;

  constructor(
    private readonly columns: ReadonlyArray<Column<Row>>,
    private readonly lineWidth: number,
    private readonly write: (line: string) => Promise<void>,
  ) {}

  async add(row: Row): Promise<void> {
    const cells = this.columns.map((column) => shownCell(column, row));
    if (this.widths !== undefined) return this.print(cells, this.widths);
    this.held.push(cells);
    if (this.held.length >= MEASURED_ROWS) await this.flush();
  }

  /** Nothing at all is printed for an empty list. */
  async end(): Promise<void> {
    if (this.held.length > 0) await this.flush();
  }

  private async flush(): Promise<void> {
    const heads = this.columns.map(({ name }) => name.toUpperCase());
    this.widths = this.fitted(
      heads.map((head, at) =>
        Math.max(head.length, ...this.held.map((cells) => [...(cells[at] ?? '')].length)),
      ),
    );
    for (const cells of [heads, ...this.held]) await this.print(cells, this.widths);
    this.held = [];
  }

  /** Takes what is too much from the column that may shrink. */
  private fitted(widths: readonly number[]): readonly number[] {
    const total = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
    const excess = Math.max(0, total - this.lineWidth);
    return widths.map((width, at) =>
      this.columns[at]?.shrinks === true
        ? Math.min(width, Math.max(NARROWEST, width - excess))
        : width,
    );
  }

  private print(cells: readonly string[], widths: readonly number[]): Promise<void> {
    const laidOut = cells.map((cell, at) => {
      const width = widths[at] ?? 0;
      return pad(cut(cell, width), width, this.columns[at]?.align ?? 'left');
    });
    return this.write(laidOut.join(GAP).trimEnd());
  }
}

import { idsOf, testTitles } from './test-titles';

/** A row of docs/requirements.md or docs/features.md. */
export interface Row {
  readonly id: string;
  readonly status: string;
  /** The specs that the row names, from the repository's root. */
  readonly tests: readonly string[];
}

/** By row id: the spec files with a title that names it, sorted. */
export type Evidence = ReadonlyMap<string, readonly string[]>;

/** Collects which spec shows which row. Pure: the files come as text. */
export function evidenceOf(
  specs: ReadonlyArray<{ readonly file: string; readonly source: string }>,
): Evidence {
  const evidence = new Map<string, string[]>();
  for (const { file, source } of specs) {
    for (const id of new Set(testTitles(source).flatMap(idsOf))) {
      evidence.set(id, [...(evidence.get(id) ?? []), file].sort());
    }
  }
  return evidence;
}

/**
 * Takes the rows away of which the tests show a part only.
 *
 * @param partial - by row id: what is still to be shown.
 */
export function withoutPartial(
  evidence: Evidence,
  partial: Readonly<Record<string, string>>,
): Evidence {
  return new Map([...evidence].filter(([id]) => !(id in partial)));
}

/**
 * Writes the columns `status` and `test` of every table that has them: `done` and the specs when
 * there is evidence for the row's id, else `open` and nothing. The rest stays byte for byte; a
 * second run changes nothing.
 */
export function withEvidence(markdown: string, evidence: Evidence): string {
  return withStates(markdown, (id) => {
    const tests = evidence.get(id) ?? [];
    return { status: tests.length > 0 ? 'done' : 'open', test: linksTo(tests) };
  });
}

/** Writes the columns `status` and `test` of every row as `stateOf` its id says. */
export function withStates(
  markdown: string,
  stateOf: (id: string) => { readonly status: string; readonly test: string },
): string {
  return mapRows(markdown, (cells, columns) => {
    const { status, test } = stateOf(cells[columns.id] ?? '');
    return cells.map((cell, index) => {
      if (index === columns.status) return status;
      return index === columns.test ? test : cell;
    });
  });
}

/** Links from a page in docs/ to files. */
export function linksTo(files: readonly string[]): string {
  return files.map((file) => `[${file}](../${file})`).join(', ');
}

/** Reads the rows of every table that has a status. */
export function rowsOf(markdown: string): readonly Row[] {
  const rows: Row[] = [];
  mapRows(markdown, (cells, columns) => {
    const tests = [...(cells[columns.test] ?? '').matchAll(/\]\(\.\.\/([^)]+)\)/g)];
    rows.push({
      id: cells[columns.id] ?? '',
      status: cells[columns.status] ?? '',
      tests: tests.map(([, file = '']) => file),
    });
    return cells;
  });
  return rows;
}

interface Columns {
  readonly id: number;
  readonly status: number;
  readonly test: number;
}

function mapRows(
  markdown: string,
  change: (cells: readonly string[], columns: Columns) => readonly string[],
): string {
  let columns: Columns | undefined;
  const lines = markdown.split('\n').map((line) => {
    if (!line.startsWith('|')) {
      columns = undefined;
      return line;
    }
    const cells = cellsOf(line);
    if (columns === undefined) {
      const [id, status, test] = ['id', 'status', 'test'].map((name) => cells.indexOf(name));
      // A table without these columns is passed over; -1 stays until it ends.
      columns = { id: id ?? -1, status: status ?? -1, test: test ?? -1 };
      return line;
    }
    const isTracked = columns.id >= 0 && columns.status >= 0 && columns.test >= 0;
    if (!isTracked || /^[|\s:-]+$/.test(line)) return line;
    return `| ${change(cells, columns).join(' | ')} |`;
  });
  return lines.join('\n');
}

function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

import type { Metal, PriceQuoted } from 'millrace/events';
import { METALS } from 'millrace/events';
import { SourceFileInvalidError } from '../../producer.errors';
import type { SourceEntry } from './source';

const HEADER = 'Date,Price';
const ROW = /^(\d{4}-(?:0[1-9]|1[0-2])),(\d{1,12}(?:\.\d{1,12})?)$/;

/**
 * Reads a table of monthly prices of one metal: header `Date,Price`, rows `YYYY-MM,<US dollars>`.
 *
 * The event id is `<name>:<YYYY-MM>`, so a second replay is a repeat of the same events. A bad row is
 * an entry with its line number, and the next row goes on.
 *
 * @param name - of the file, without ending; begins with the metal: `gold-monthly`.
 * @throws {SourceFileInvalidError} SOURCE_FILE_INVALID when name or header are not as above.
 */
export async function* csvEntries(
  name: string,
  lines: AsyncIterable<string>,
): AsyncIterable<SourceEntry> {
  const metal = metalOf(name);
  let line = 0;
  for await (const text of lines) {
    line += 1;
    // A byte order mark is no part of the header.
    if (line === 1) refuseHeader(name, text.replace(/^\ufeff/, '').trim());
    else if (text.trim() !== '') yield entryOf(name, metal, line, text.trim());
  }
  if (line === 0) refuseHeader(name, '');
}

function entryOf(name: string, metal: Metal, line: number, text: string): SourceEntry {
  const [, month, price] = ROW.exec(text) ?? [];
  if (month === undefined || price === undefined) {
    return { line, problem: 'must be YYYY-MM,<price above 0>' };
  }
  const event: PriceQuoted = {
    metal,
    price: Number(price),
    currency: 'USD',
    observedAt: `${month}-01T00:00:00.000Z`,
  };
  return { event, eventId: `${name}:${month}`, line };
}

function metalOf(name: string): Metal {
  const metal = METALS.find((candidate) => name.startsWith(`${candidate}-`));
  if (metal !== undefined) return metal;
  throw new SourceFileInvalidError({
    message: `the name of the file "${name}" does not begin with a metal and "-"`,
  });
}

function refuseHeader(name: string, header: string): void {
  if (header === HEADER) return;
  throw new SourceFileInvalidError({
    message: `the first line of the file "${name}" is not ${HEADER}`,
  });
}

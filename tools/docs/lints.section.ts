import type { Lint } from 'millrace/config';
import type { CatalogueEntry } from './catalogue';

const INTRODUCTION = `## Lints

Rules over settings that are each valid and unsafe together. All findings are told at once; one that refuses ends the start with
CONFIG_UNSAFE. \`CONFIG_ALLOW=<id>,<id>\` starts in spite of those that may be allowed, and every start says so on stderr.
`;

const HEADER =
  '| id | production | elsewhere | may be allowed | settings | danger | try |\n|---|---|---|---|---|---|---|';

/** Writes the table of every lint of every slice. Pure. */
export function lintsSection(entries: readonly CatalogueEntry[]): readonly string[] {
  const lints = entries.flatMap(({ slices }) => slices.flatMap((slice) => slice.lints));
  const rows = [...new Map(lints.map((lint) => [lint.id, rowOf(lint)])).values()];
  return rows.length === 0 ? [] : [INTRODUCTION, HEADER, ...rows, ''];
}

function rowOf({ id, severity, override = 'everywhere', settings, danger, fix }: Lint): string {
  const { production, otherwise } =
    typeof severity === 'string' ? { production: severity, otherwise: severity } : severity;
  const isRefusal = [production, otherwise].includes('refuse');
  const names = settings.map((variable) => `\`${variable}\``).join(', ');
  const allowed = isRefusal ? override.replace('-', ' ') : '';
  return `| \`${id}\` | ${[production, otherwise, allowed, names, danger, fix].join(' | ')} |`;
}

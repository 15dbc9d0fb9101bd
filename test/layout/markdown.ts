/** A fenced block of a Markdown page. */
export interface Fence {
  readonly language: string;
  readonly text: string;
}

const FENCE = /^([ \t]*)(`{3,}|~{3,})([^\n`]*)\n([\s\S]*?)\n\1\2[ \t]*$/gm;

export function fencesOf(markdown: string): readonly Fence[] {
  return [...markdown.matchAll(FENCE)].map(([, , , language = '', text = '']) => ({
    language: language.trim(),
    text,
  }));
}

/** The page without its fenced blocks. */
export function proseOf(markdown: string): string {
  return markdown.replace(FENCE, '');
}

/** What stands between backticks outside of fences. */
export function inlineCodeOf(markdown: string): readonly string[] {
  return [...proseOf(markdown).matchAll(/(`+)([^`]+)\1/g)].map(([, , code = '']) => code);
}

/** Inline code and fenced blocks: the places where a page names things of the code. */
export function codeOf(markdown: string): readonly string[] {
  return [...inlineCodeOf(markdown), ...fencesOf(markdown).map(({ text }) => text)];
}

/** Targets of links and pictures, inline and by reference. */
export function linksOf(markdown: string): readonly string[] {
  const prose = proseOf(markdown).replace(/(`+)[^`]+\1/g, '');
  const inline = [...prose.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)];
  const references = [...prose.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)];
  return [...inline, ...references].map(([, target = '']) => target);
}

/** The anchors that a page offers, as GitHub makes them from headings. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(markdown).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  for (const [, id = ''] of markdown.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** A table as one object per row: heading (lower case) to cell, without backticks' escapes. */
export function tablesOf(markdown: string): ReadonlyArray<ReadonlyArray<Record<string, string>>> {
  const blocks = proseOf(markdown).match(/(?:^\|.*\n?)+/gm) ?? [];
  return blocks.map((block) => {
    const [head = [], , ...rows] = block.trim().split('\n').map(cellsOf);
    return rows.map((cells) =>
      Object.fromEntries(head.map((name, column) => [name.toLowerCase(), cells[column] ?? ''])),
    );
  });
}

/** The part of a page under one heading, up to the next heading of the same or a higher level. */
export function sectionOf(markdown: string, heading: RegExp): string | undefined {
  const lines = markdown.split('\n');
  const levelOf = (line: string) => /^(#{1,6})\s/.exec(line)?.[1]?.length ?? Infinity;
  const start = lines.findIndex((line) => levelOf(line) < Infinity && heading.test(line));
  if (start < 0) return undefined;
  const level = levelOf(lines[start] ?? '');
  const end = lines.findIndex((line, index) => index > start && levelOf(line) <= level);
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n');
}

function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replace(/\\\|/g, '|'));
}

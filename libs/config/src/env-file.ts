import type { ConfigProblem } from './setting';

const LINE = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/;

/**
 * Reads KEY=VALUE lines; `#` starts a comment line, quotes around a value are cut, nothing is
 * expanded.
 *
 * @param path - only names the file in problems.
 */
export function parseEnvFile(
  content: string,
  path: string,
): { readonly variables: Readonly<Record<string, string>>; readonly problems: ConfigProblem[] } {
  const variables: Record<string, string> = {};
  const problems: ConfigProblem[] = [];
  content.split(/\r?\n/).forEach((line, index) => {
    if (/^\s*(#|$)/.test(line)) return;
    const [, name, value = ''] = LINE.exec(line) ?? [];
    if (name === undefined) {
      problems.push({ variable: `${path}:${index + 1}`, reason: 'must be a KEY=VALUE line' });
    } else {
      variables[name] = unquote(value.trim());
    }
  });
  return { variables, problems };
}

function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(value);
  return quoted?.[2] ?? value;
}

import type { Route } from './route';

/** Everything that the console answers is below it. */
export const API_PATH = '/console/api/v1';

export type RouteMatch =
  | {
      readonly found: 'route';
      readonly route: Route;
      readonly params: Readonly<Record<string, string>>;
    }
  /** The path is there, with these methods. */
  | { readonly found: 'path'; readonly methods: readonly string[] }
  | { readonly found: 'nothing' };

/** Finds the route of a request. */
export class RouteTable {
  private readonly lines: ReadonlyArray<{
    readonly route: Route;
    readonly parts: readonly string[];
  }>;

  constructor(readonly routes: readonly Route[]) {
    this.lines = routes.map((route) => ({ route, parts: route.path.split('/').slice(1) }));
  }

  /** @param path - without the query, still encoded. */
  match(method: string, path: string): RouteMatch {
    if (!path.startsWith(`${API_PATH}/`)) return { found: 'nothing' };
    const words = path
      .slice(API_PATH.length + 1)
      .split('/')
      .map(decoded);
    const matches = this.lines.flatMap(({ route, parts }) => {
      const params = paramsOf(parts, words);
      return params === null ? [] : [{ route, params }];
    });
    const hit = matches.find(({ route }) => route.method === method);
    if (hit !== undefined) return { found: 'route', ...hit };
    if (matches.length === 0) return { found: 'nothing' };
    return { found: 'path', methods: matches.map(({ route }) => route.method) };
  }
}

function paramsOf(
  parts: readonly string[],
  words: ReadonlyArray<string | null>,
): Readonly<Record<string, string>> | null {
  if (parts.length !== words.length) return null;
  const params: Array<[string, string]> = [];
  for (const [index, part] of parts.entries()) {
    const word = words[index];
    if (word === null || word === undefined || word === '') return null;
    if (part.startsWith(':')) params.push([part.slice(1), word]);
    else if (part !== word) return null;
  }
  return Object.fromEntries(params);
}

function decoded(word: string): string | null {
  try {
    return decodeURIComponent(word);
  } catch {
    return null;
  }
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { fencesOf, inlineCodeOf } from './markdown';
import { ROOT, apps, manifest, projectFiles, readText } from './tree';

const SHELLS = new Set(['sh', 'bash', 'shell', 'console']);
const FUTURE = new Set(['docs/requirements.md', 'docs/features.md']);
const pages = projectFiles().filter((file) => file.endsWith('.md') && !FUTURE.has(file));
const { scripts = {}, bin = {} } = manifest();
/** Programs of the reader's machine; their arguments are theirs. */
const FOREIGN = new Set([
  'cd',
  'echo',
  'export',
  'git',
  'jq',
  'kcat',
  'kill',
  'mongosh',
  'openssl',
  'promtool',
  'tr',
]);
const routes = new Set(
  projectFiles()
    .filter((file) => /^(libs|apps)\/.*\.ts$/.test(file))
    .flatMap((file) => [...readText(file).matchAll(/['"`]\/?([a-z][a-z-]*)/g)])
    .map(([, segment = '']) => segment),
);

interface Command {
  readonly page: string;
  readonly line: string;
}

const inBlocks: readonly Command[] = pages.flatMap((page) =>
  fencesOf(readText(page))
    .filter(({ language }) => SHELLS.has(language))
    .flatMap(({ text }) => linesOf(text).map((line) => ({ page, line }))),
);
const inProse: readonly Command[] = pages.flatMap((page) =>
  inlineCodeOf(readText(page))
    .filter((code) => /^(npm (run|start|test)|npx|make) ?/.test(code) && !/[<…]/.test(code))
    .map((line) => ({ page, line })),
);

describe('commands in the documents', () => {
  it('README.md shows the two commands of a fresh clone', () => {
    const lines = inBlocks.filter(({ page }) => page === 'README.md').map(({ line }) => line);
    expect(lines).toEqual(expect.arrayContaining(['npm start', 'npm test']));
  });

  it.each(inBlocks)('$page: $line', ({ line }) => {
    expect(problemsOf(line)).toEqual([]);
  });

  it('also those between backticks exist', () => {
    const wrong = inProse
      .map(({ page, line }) => ({ page, line, problems: problemsOf(line) }))
      .filter(({ problems }) => problems.length > 0);
    expect(wrong).toEqual([]);
  });

  it.each([
    ['npm run no-such-script', 'no script "no-such-script"'],
    ['npx no-such-program', 'no program "no-such-program"'],
    ['npx nest start no-such-app', 'no project "no-such-app"'],
    ['node tools/no-such-file.mjs', 'no file "tools/no-such-file.mjs"'],
    ['curl -s localhost:8000/no-such-route', 'no route "no-such-route"'],
    ['frobnicate', 'unknown program "frobnicate"'],
  ])('%s would be found', (line, problem) => {
    expect(problemsOf(line)).toEqual([problem]);
  });
});

/** Joins continued lines; leaves out comments, prompts and what follows a here-document. */
function linesOf(text: string): readonly string[] {
  return text
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/(^|\s+)#\s.*$/, '')
        .trim(),
    )
    .filter((line) => line !== '');
}

function problemsOf(line: string): readonly string[] {
  const parts = line.replace(/'[^']*'|"[^"]*"/g, (quoted) => quoted.replace(/[|&;]/g, ' '));
  return parts.split(/\s*(?:&&|\|\||[;|&])\s*/).flatMap((part) => {
    const words = part.split(/\s+/).filter((word) => word !== '' && !/^[A-Z_0-9]+=/.test(word));
    const problem = words.length === 0 ? undefined : problemOf(words);
    return problem === undefined ? [] : [problem];
  });
}

function problemOf([program = '', ...words]: readonly string[]): string | undefined {
  const [first = ''] = words.filter((word) => !word.startsWith('-'));
  switch (program) {
    case 'npm':
      return problemOfNpm(words);
    case 'npx':
      return problemOfNpx(first, words);
    case 'nest':
      return problemOfNest(words);
    case 'node':
    case 'bash':
    case 'sh':
      return existsSync(join(ROOT, first)) ? undefined : `no file "${first}"`;
    case 'curl':
      return problemOfUrl(words);
    case 'make':
      return problemOfTarget(first);
    case 'docker':
      return problemOfDocker(words);
    default:
      return FOREIGN.has(program) ? undefined : `unknown program "${program}"`;
  }
}

function problemOfNpm([verb = '', name = '']: readonly string[]): string | undefined {
  if (['install', 'i', 'ci'].includes(verb)) return undefined;
  const script = verb === 'run' ? name : verb;
  return script in scripts ? undefined : `no script "${script}"`;
}

function problemOfNpx(program: string, words: readonly string[]): string | undefined {
  if (program in bin) return undefined;
  if (!existsSync(join(ROOT, 'node_modules/.bin', program))) return `no program "${program}"`;
  return program === 'nest' ? problemOfNest(words.slice(words.indexOf('nest') + 1)) : undefined;
}

function problemOfNest([verb = '', project = '']: readonly string[]): string | undefined {
  if (verb !== 'start' && verb !== 'build') return undefined;
  return apps().includes(project) ? undefined : `no project "${project}"`;
}

function problemOfUrl(words: readonly string[]): string | undefined {
  const url = words.find((word) => /(localhost|127\.0\.0\.1):\d+/.test(word));
  const [route = ''] =
    url
      ?.replace(/['"]/g, '')
      .split(/:\d+\//)[1]
      ?.split(/[/?]/) ?? [];
  return route === '' || routes.has(route) ? undefined : `no route "${route}"`;
}

function problemOfTarget(target: string): string | undefined {
  const file = join(ROOT, 'Makefile');
  const isThere = existsSync(file) && new RegExp(`^${target}:`, 'm').test(readText('Makefile'));
  return isThere ? undefined : `no target "${target}"`;
}

function problemOfDocker(words: readonly string[]): string | undefined {
  if (words[0] !== 'compose') return undefined;
  if (!existsSync(join(ROOT, 'compose.yaml'))) return 'no file "compose.yaml"';
  const { services } = parse(readText('compose.yaml')) as {
    services: Record<string, { profiles?: string[] }>;
  };
  const profiles = Object.values(services).flatMap((service) => service.profiles ?? []);
  const named = words.flatMap((word, index) =>
    word === '--profile' ? [words[index + 1] ?? ''] : [],
  );
  const missing = named.find((profile) => !profiles.includes(profile));
  return missing === undefined ? undefined : `no profile "${missing}"`;
}

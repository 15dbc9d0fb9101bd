// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../engines/engine-error.mjs';
import { run } from '../engines/run.mjs';
import { PROJECT_ROOT } from '../engines/paths.mjs';
import { step } from '../engines/steps.mjs';

/**
 * One thing to build: its compiler's command line below node_modules, a file it must write, the folders it reads.
 *
 * @typedef {{ name: string, entry: string, compiler: readonly string[], folders: readonly string[] }} BuildTarget
 */

/** @param {string} name @returns {BuildTarget} */
const app = (name) => ({
  name,
  entry: `dist/apps/${name}/apps/${name}/src/main.js`,
  compiler: ['@nestjs/cli/bin/nest.js', 'build', name],
  folders: [`apps/${name}`, 'libs'],
});

/** What the commands of package.json run; entries are relative to the checkout. */
export const TARGETS = {
  producer: app('producer'),
  processor: app('processor'),
  /** The typed tools, with the apps and libs that they compose: bench and the in-memory mode. */
  tools: {
    ...{
      name: 'tools',
      entry: 'dist/tools/bench/main.js',
      folders: ['tools', 'bench', 'apps', 'libs', 'test/reliability'],
    },
    compiler: ['typescript/bin/tsc', '-p', 'tsconfig.tools.json'],
  },
};

/** Loaded first by everything of dist/tools: one plain emit keeps the aliases as they are written. */
export const ALIASES = 'tools/build/register-aliases.cjs';

/**
 * Builds what changed since the last build, and prints one line.
 *
 * @param {readonly BuildTarget[]} targets
 * @param {{ root?: string, print?: (line: string) => void }} [options]
 * @returns {Promise<readonly string[]>} names of what was built.
 * @throws {Error} with what the compiler said.
 */
export async function build(targets, { root = PROJECT_ROOT, print = console.log } = {}) {
  const stale = targets.filter((target) => !isFresh(root, target));
  if (stale.length === 0) return [];
  const names = stale.map(({ name }) => name);
  await step(
    print,
    'build',
    () => Promise.all(stale.map((target) => buildOne(root, target))),
    () => names.join(' and '),
  );
  return names;
}

/** @param {string} root @param {BuildTarget} target */
const stampFile = (root, { name }) => join(root, 'dist', `.build-${name}`);

/** @param {string} root @param {BuildTarget} target */
function isFresh(root, target) {
  const stamp = stampFile(root, target);
  const isBuilt = existsSync(join(root, target.entry)) && existsSync(stamp);
  return isBuilt && readFileSync(stamp, 'utf8') === fingerprint(root, target);
}

/** @param {string} root @param {BuildTarget} target */
async function buildOne(root, target) {
  const before = fingerprint(root, target);
  const [program = '', ...args] = target.compiler;
  const result = await run(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: root,
  });
  if (result.code !== 0 || !existsSync(join(root, target.entry))) {
    const said = `${result.stdout}${result.stderr}`.trim() || `it wrote no ${target.entry}`;
    throw new EngineError(`the build of ${target.name} failed`, { cause: said });
  }
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stampFile(root, target), before);
}

/** Every source but the specs, the configuration of the compilers and the lockfile. @param {string} root @param {BuildTarget} target */
function fingerprint(root, { folders }) {
  const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.tools.json', 'nest-cli.json'];
  const files = [...settings, ...folders.flatMap((folder) => sourcesOf(root, folder))];
  const hash = createHash('sha256').update(process.versions.node);
  for (const file of files) {
    const path = join(root, file);
    hash.update(`\0${file}\0`).update(existsSync(path) ? readFileSync(path) : '');
  }
  return hash.digest('hex');
}

/** @param {string} root @param {string} folder */
function sourcesOf(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /\.(ts|json|csv)$/.test(name) && !/\.spec\.ts$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

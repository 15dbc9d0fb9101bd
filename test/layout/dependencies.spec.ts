import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, manifest, readJson, readText } from './tree';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

interface Installed {
  readonly version: string;
  readonly scripts?: Readonly<Record<string, string>>;
}

/** Majors that must not move alone; the newest that run on Node 20.19 and load under Jest. */
const MAJORS: Readonly<Record<string, number>> = {
  '@nestjs/config': 4,
  '@nestjs/throttler': 6,
  'nestjs-pino': 4,
  mongoose: 9,
  mongodb: 7,
  pino: 10,
  'pino-http': 11,
  zod: 4,
  jest: 30,
  typescript: 5,
};

/** Exact, because something reads their insides or their format. */
const EXACT: Readonly<Record<string, string>> = {
  kafkajs: '2.2.4', // the guards replace internals and check the version
  'kafkajs-snappy': '1.1.0',
  'lz4-napi': '2.10.0',
};

/** Packages of the production tree that have an install script, and why that is bearable. */
const KNOWN_INSTALL_SCRIPTS: Readonly<Record<string, string>> = {
  '@scarf/scarf':
    'download statistics of swagger-ui-dist; .npmrc switches scripts off and nothing needs its result',
};

const { dependencies, devDependencies } = manifest();
const declared = { ...dependencies, ...devDependencies };
const lock = readJson<{ packages: Readonly<Record<string, Locked>> }>('package-lock.json');
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
const installed = (path: string) => readJson<Installed>(`${path}/package.json`);
const majorOf = (version: string) => Number(version.split('.')[0]);

describe('pins of dependencies', () => {
  const nest = Object.keys(declared).filter((name) => name.startsWith('@nestjs/'));

  it.each([...new Set([...nest, ...Object.keys(MAJORS)])])('%s stays on its major', (name) => {
    const major = MAJORS[name] ?? 11;
    expect(majorOf(installed(`node_modules/${name}`).version)).toBe(major);
    const range = declared[name];
    if (range !== undefined) expect(range).toMatch(new RegExp(`^[~^]?${major}\\.`));
  });

  it('no second major of a Nest package hides deeper in the tree', () => {
    const versions = packages
      .map(([path, { version = '' }]) => ({ name: path.split('node_modules/').pop(), version }))
      .filter(({ name = '' }) => /^@nestjs\/(core|common|microservices)$/.test(name));
    expect(versions.map(({ name }) => name).sort()).toEqual([
      ...['@nestjs/common', '@nestjs/core', '@nestjs/microservices'],
    ]);
  });

  it.each(Object.entries(EXACT))('%s is exactly %s', (name, version) => {
    expect(declared[name]).toBe(version);
    expect(installed(`node_modules/${name}`).version).toBe(version);
  });

  it('[S20] no range is open: no *, no latest, no >=, no URL', () => {
    const open = Object.entries(declared).filter(
      ([, range]) => !/^[~^]?\d+\.\d+\.\d+$/.test(range),
    );
    expect(open).toEqual([]);
  });
});

describe('package-lock.json', () => {
  it('names no registry host, so that every mirror can serve it', () => {
    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(readText('.npmrc')).toContain('omit-lockfile-registry-resolved=true');
  });

  it('[S20] holds a checksum for every package', () => {
    const isFromRegistry = ([path]: [string, Locked]) => path.startsWith('node_modules/');
    // Binaries for other platforms that a mirror need not have are named, optional and never fetched.
    const isPlaceholder = ([path, { optional }]: [string, Locked]) =>
      optional === true && path.startsWith('node_modules/@unrs/resolver-binding-');
    const unchecked = packages
      .filter(isFromRegistry)
      .filter((entry) => !isPlaceholder(entry))
      .filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? ''));
    expect(unchecked.map(([path]) => path)).toEqual([]);
    expect(packages.length).toBeGreaterThan(100);
  });
});

describe('install scripts', () => {
  it('[S20] are switched off, and the project has none of its own', () => {
    expect(readText('.npmrc')).toContain('ignore-scripts=true');
    const scripts = Object.keys(manifest().scripts ?? {});
    // With ignore-scripts npm skips these silently, so a script that relies on one is broken.
    const hooks = scripts.filter(
      (name) => /^(pre|post)/.test(name) && scripts.includes(name.replace(/^(pre|post)/, '')),
    );
    const cycle = scripts.filter((name) =>
      /^(pre|post)?(install|prepare|prepack|publish)$/.test(name),
    );
    expect([...hooks, ...cycle]).toEqual([]);
  });

  it('[S20] exist in the production tree only where the reason is written down', () => {
    const production = packages.filter(([, { dev }]) => dev !== true).map(([path]) => path);
    const offenders = production
      .filter((path) => existsSync(join(ROOT, path, 'package.json')))
      .filter(hasInstallScript)
      .map((path) => path.split('node_modules/').pop());
    expect([...new Set(offenders)].sort()).toEqual(Object.keys(KNOWN_INSTALL_SCRIPTS).sort());
  });

  it('[S20] are not announced by the lock file for a package that is not installed here', () => {
    const announced = packages
      .filter(([, { dev, hasInstallScript: has }]) => dev !== true && has === true)
      .map(([path]) => path.split('node_modules/').pop() ?? '');
    expect(announced.filter((name) => !(name in KNOWN_INSTALL_SCRIPTS))).toEqual([]);
  });
});

function hasInstallScript(path: string): boolean {
  const { scripts = {} } = installed(path);
  const hooks = ['preinstall', 'install', 'postinstall'].some((hook) => hook in scripts);
  // npm builds a package with a binding.gyp although it declares no script.
  return hooks || existsSync(join(ROOT, path, 'binding.gyp'));
}

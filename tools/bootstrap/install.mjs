// @ts-check
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/**
 * Installs the dependencies when node_modules is missing or was installed from another lockfile; else does nothing.
 *
 * No package's install script runs. One line is printed, and npm's own words only when it fails.
 *
 * @param {{ root?: string, print?: (line: string) => void, spawn?: typeof spawnSync }} [options]
 * @returns {Promise<boolean>} whether something was installed.
 * @throws {Error} with what npm said.
 */
export async function installDependencies({
  root = ROOT,
  print = console.log,
  spawn = spawnSync,
} = {}) {
  const stamp = join(root, 'node_modules', '.millrace-install');
  const wanted = fingerprint(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false;
  if (isInstalled(root)) {
    writeFileSync(stamp, wanted);
    return false;
  }
  const startedAt = performance.now();
  const command = [existsSync(join(root, 'package-lock.json')) ? 'ci' : 'install', ...FLAGS];
  // npm is a script of the shell on Windows only.
  const options = {
    cwd: root,
    encoding: /** @type {const} */ ('utf8'),
    shell: process.platform === 'win32',
  };
  const { status, stdout, stderr, error } = spawn('npm', command, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status !== 0)
    throw new Error(
      `npm ${command.join(' ')} failed:\n${error?.message ?? `${stderr}${stdout}`.trim()}`,
    );
  writeFileSync(stamp, fingerprint(root));
  print(
    `install    npm ${command[0]} --ignore-scripts  ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  );
  return true;
}

/** The lockfile alone decides; without one, package.json does. @param {string} root */
function fingerprint(root) {
  const file = ['package-lock.json', 'package.json']
    .map((name) => join(root, name))
    .find((name) => existsSync(name));
  return createHash('sha256')
    .update(file ? readFileSync(file) : '')
    .digest('hex');
}

/** Somebody may have installed by hand: npm leaves a record of what lies in node_modules. @param {string} root */
function isInstalled(root) {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || optional || present[path]?.version === version,
  );
}

/** @param {string} file @returns {Record<string, { version?: string, optional?: boolean }> | undefined} */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

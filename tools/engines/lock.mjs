// @ts-check
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { EngineError } from './engine-error.mjs';
import { identify, isSameProcess } from './process-identity.mjs';
import { until } from './steps.mjs';

/**
 * Runs `work` while holding a lock file, so that two commands do not start the same server twice.
 *
 * A lock of a process that is gone is taken over at once; one of a living process is waited for.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {{ waitMs?: number, onWait?: (pid: number) => void }} [options] - `waitMs` default 300000.
 * @returns {Promise<T>}
 */
export async function withLock(file, work, { waitMs = 300_000, onWait } = {}) {
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  const taken = await until(
    () => {
      if (take(file) || (takeOver(file) && take(file))) return true;
      if (!told) onWait?.(holder(file).pid);
      told = true;
      return false;
    },
    { timeoutMs: waitMs, everyMs: 100 },
  );
  if (!taken) throw lockBusy(file, waitMs);
  try {
    return await work();
  } finally {
    if (readText(file) === identify(process.pid)) rmSync(file, { force: true });
  }
}

/** @param {string} file @param {number} waitMs */
const lockBusy = (file, waitMs) =>
  new EngineError(`another command holds the engines since ${Math.round(waitMs / 1000)} s`, {
    cause: `process ${holder(file).pid} is still starting or stopping them`,
    fix: `wait for it, or end it and remove ${file}`,
  });

/** A link appears with its content, where a created file would be empty for a moment. @param {string} file */
function take(file) {
  const own = `${file}.${process.pid}.own`;
  writeFileSync(own, identify(process.pid));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Moves a dead lock aside; only one of several that try can. @param {string} file */
function takeOver(file) {
  const before = readText(file);
  if (before === '' || isSameProcess(before)) return before === '';
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return false;
  }
  // Somebody else was faster and this is a living lock: put it back.
  const moved = readText(aside);
  if (moved !== before && isSameProcess(moved)) renameSync(aside, file);
  else rmSync(aside, { force: true });
  return true;
}

/** @param {string} file */
const holder = (file) => ({ pid: Number(readText(file).split(' ')[0]) });

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

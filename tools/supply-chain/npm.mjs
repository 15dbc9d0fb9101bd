// @ts-check
// Runs npm in this repository and takes its JSON.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Most of what npm may write; a report of a large tree is some MB. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * @typedef {{ code: number, stdout: string, stderr: string }} NpmAnswer
 * `code` is 124 when npm had to be ended.
 */

/**
 * Runs npm; never throws for an exit code.
 *
 * @param {readonly string[]} args
 * @param {{ readonly timeoutMs?: number }} [options] - default two minutes.
 * @returns {Promise<NpmAnswer>}
 */
export function npm(args, { timeoutMs = 120_000 } = {}) {
  const options = { cwd: ROOT, timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES };
  return new Promise((resolve) => {
    execFile('npm', args, options, (error, stdout, stderr) => {
      resolve({ code: codeOf(error), stdout, stderr });
    });
  });
}

/** @param {import('node:child_process').ExecFileException | null} error */
function codeOf(error) {
  if (error === null) return 0;
  if (error.killed) return 124;
  return typeof error.code === 'number' ? error.code : 1;
}

/**
 * Reads JSON; npm writes other texts in its place when it fails.
 *
 * @param {string} text
 * @returns {unknown} undefined when it is none.
 */
export function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

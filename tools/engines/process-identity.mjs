// @ts-check
import { readFileSync } from 'node:fs';

/**
 * Names a process so that a later one with the same pid is told apart: pid, and its start time where the system tells.
 *
 * @param {number} pid
 * @returns {string} such as `4711 88219`.
 */
export const identify = (pid) => `${pid} ${startTime(pid)}`;

/**
 * Tells whether the process of such a name is still alive.
 *
 * @param {string} identity
 * @returns {boolean}
 */
export function isSameProcess(identity) {
  const pid = Number(identity.split(' ')[0]);
  return isPidAlive(pid) && identify(pid) === identity;
}

/** @param {number} pid */
function isPidAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** Field 22 of /proc/PID/stat; the name before it may hold spaces and brackets. @param {number} pid */
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

// @ts-check
// Nothing newer than the syntax of old releases here: this file tells their users what to install.

const FLOOR = [20, 19];

/**
 * Compares a version of Node with the floor of package.json.
 *
 * @param {string} [version] - such as 20.19.0; default the running one.
 * @returns {string | undefined} what is wrong and what to do; undefined when nothing is.
 */
export function nodeVersionProblem(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [floorMajor = 0, floorMinor = 0] = FLOOR;
  if (major > floorMajor || (major === floorMajor && minor >= floorMinor)) return undefined;
  return `Node ${FLOOR.join('.')} or newer is needed, this is ${version}; releases 20, 22 and 24 are tested`;
}

// @ts-check
import { connect, createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/**
 * Tells whether a server may listen on a port, on the loopback address and on all of them.
 *
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export const isPortFree = async (port) =>
  (await canListen(port, LOOPBACK)) && (await canListen(port));

/** @param {number} port @param {string} [host] @returns {Promise<boolean>} */
function canListen(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Asks the system for a port that nobody listens on. @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/**
 * Takes the first preferred port that is free, else any free one.
 *
 * @param {readonly (number | undefined)[]} preferred - 0 and undefined are passed over.
 * @param {{ isFree?: (port: number) => Promise<boolean>, anyFree?: () => Promise<number> }} [network] - for tests.
 * @returns {Promise<number>}
 */
export async function choosePort(preferred, { isFree = isPortFree, anyFree = freePort } = {}) {
  for (const port of preferred) if (port && (await isFree(port))) return port;
  return anyFree();
}

/**
 * Tells whether somebody answers on a loopback port.
 *
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export const isListening = (port) => isReachable(`${LOOPBACK}:${port}`);

/**
 * Tells whether somebody answers at an address, within a second.
 *
 * @param {string} address - `host:port`.
 * @returns {Promise<boolean>}
 */
export function isReachable(address) {
  const colon = address.lastIndexOf(':');
  return new Promise((resolve) => {
    const socket = connect({
      host: address.slice(0, colon),
      port: Number(address.slice(colon + 1)),
    });
    const answer = (/** @type {boolean} */ open) => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(1000, () => answer(false));
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}

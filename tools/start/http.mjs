// @ts-check

const TIMEOUT_MS = 10_000;

/**
 * Asks one of the apps; answers JSON.
 *
 * @param {string} url
 * @param {{ method?: string, body?: unknown }} [options]
 * @returns {Promise<any>}
 * @throws {Error} with the status and the start of the answer when it is not 2xx.
 */
export async function requestJson(url, { method = 'GET', body } = {}) {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  const text = await response.text();
  if (!response.ok)
    throw new Error(`${method} ${url} answered ${response.status}: ${text.slice(0, 300)}`);
  return text === '' ? undefined : JSON.parse(text);
}

/**
 * Reads a text page.
 *
 * @param {string} url
 * @returns {Promise<string>} '' when it cannot be read.
 */
export async function readPage(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.ok ? await response.text() : '';
  } catch {
    return '';
  }
}

/**
 * Tells whether a page answers 2xx.
 *
 * @param {string} url
 */
export async function isOk(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

const MASK = '[redacted]';

// The bound keeps the search linear: a caller may choose long texts.
const SENSITIVE_WORD =
  '(?:[\\w.-]{0,128}(?:password|passwd|passphrase|secret|authorization|cookie|api[-_]?key|private[-_]?key' +
  '|(?:access|refresh|id|auth|bearer|session)[-_]?token)|token)';

/** A key of JSON with its colon; the value is found by hand because it may be of any kind. */
const SENSITIVE_KEY = new RegExp(`"${SENSITIVE_WORD}":`, 'gi');

/** `password=...` in a query or a connection string. */
const SENSITIVE_PAIR = new RegExp(
  `(\\b${SENSITIVE_WORD}=)(?!\\[redacted\\])[^&\\s"',;\\\\]+`,
  'gi',
);

/** The same inside of a text that is itself JSON. */
const SENSITIVE_QUOTED = new RegExp(
  `(\\\\"${SENSITIVE_WORD}\\\\":\\s*)(?:\\\\"(?:[^"\\\\]|\\\\[^"])*\\\\"|[\\d.]+)`,
  'gi',
);

/** `Bearer ...` and `Basic ...` wherever they stand. */
const CREDENTIALS = /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi;

// A character of text inside JSON: an escaped line end ends the URI, any other escape belongs to it.
const CHARACTER = '(?:\\\\[^nrtu]|[^\\s"\\\\])';
/** `//user:password@`; a colon that is only followed by a port does not make a password. */
const USER_INFO = new RegExp(
  '(\\b[a-z][a-z0-9+.-]{1,30}://)' +
    `(?:[^\\s"\\\\/?#@:]{0,256}:(?!\\d+(?:[/?#,\\s"\\\\]|$))${CHARACTER}{0,512}@|[^\\s"\\\\/?#@:]{1,512}@)`,
  'gi',
);

/**
 * Takes user info and passwords out of every URI of a text.
 *
 * Cuts too much rather than too little: an unescaped `/` or `@` in a password takes the host with it.
 *
 * @returns for `mongodb://app:pw@db:27017/x` the text `mongodb://[redacted]@db:27017/x`.
 */
export function redactUri(text: string): string {
  return text.replace(USER_INFO, `$1${MASK}@`).replace(SENSITIVE_PAIR, `$1${MASK}`);
}

/**
 * Takes secrets out of one line of JSON: values of keys that name a secret, at any depth and of any
 * kind, credentials of HTTP, and what {@link redactUri} finds in texts.
 *
 * The answer is valid JSON when the line was.
 */
export function redactLine(line: string): string {
  const withoutKeys = redactKeys(line).replace(SENSITIVE_QUOTED, `$1\\"${MASK}\\"`);
  return escapeControls(redactUri(withoutKeys).replace(CREDENTIALS, `$1 ${MASK}`));
}

function redactKeys(line: string): string {
  let result = '';
  let copied = 0;
  SENSITIVE_KEY.lastIndex = 0;
  for (let match = SENSITIVE_KEY.exec(line); match !== null; match = SENSITIVE_KEY.exec(line)) {
    const start = match.index + match[0].length;
    const end = endOfValue(line, start);
    result += `${line.slice(copied, start)}"${MASK}"`;
    copied = end;
    SENSITIVE_KEY.lastIndex = end;
  }
  return result + line.slice(copied);
}

/** Where a JSON value ends; the value of a key that stands inside of a text ends with that text. */
function endOfValue(line: string, start: number): number {
  let depth = 0;
  for (let index = start; index < line.length; index += 1) {
    const character = line[index];
    if (character === '"') {
      index = endOfText(line, index);
      if (depth === 0) return index + 1;
    } else if (character === '{' || character === '[') {
      depth += 1;
    } else if (character === '}' || character === ']') {
      if (depth <= 1) return depth === 0 ? index : index + 1;
      depth -= 1;
    } else if (character === ',' && depth === 0) {
      return index;
    }
  }
  return line.length;
}

function endOfText(line: string, start: number): number {
  let index = start + 1;
  while (index < line.length && line[index] !== '"') index += line[index] === '\\' ? 2 : 1;
  return index;
}

/**
 * JSON leaves DEL, the C1 controls and U+2028/2029 as they are; a terminal or a viewer may take them
 * for a command or a line end.
 */
function escapeControls(line: string): string {
  return line.replace(
    /[\x7f-\x9f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

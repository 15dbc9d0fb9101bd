#!/usr/bin/env node
// @ts-check
// `npm run certs`: certificates for development and tests. Nothing of it is ever committed.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFECTS, IDENTITIES, makePki } from './pki.mjs';

const USAGE = `usage: npm run certs -- --dir FOLDER [--minutes N] [--only NAME]... [--new-ca] [--defects]

Makes a root CA, an issuing CA and a leaf for each identity, or renews the leaves of a folder.

  --dir FOLDER   where; CA keys stay in FOLDER/ca, so it must not be shared
  --minutes N    life of the leaves; default 129600 (90 days)
  --only NAME    this identity alone, may be repeated: ${Object.keys(IDENTITIES).join(', ')}
  --new-ca       another CA beside the one that is there; ca.crt becomes the bundle of both
  --defects      also what must be refused: ${DEFECTS.join(', ')}

Exit code: 0 = made, 2 = wrong usage. The last line is one JSON object.`;

try {
  const { values } = parseArgs({
    options: {
      dir: { type: 'string' },
      minutes: { type: 'string' },
      only: { type: 'string', multiple: true },
      'new-ca': { type: 'boolean', default: false },
      defects: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
  } else {
    const made = await makePki({ ...optionsOf(values), defects: values.defects });
    console.log(JSON.stringify(made));
  }
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

/** @param {{ dir?: string, minutes?: string, only?: string[], 'new-ca'?: boolean }} values */
function optionsOf({ dir, minutes, only, 'new-ca': newCa }) {
  if (dir === undefined) throw new TypeError('--dir is needed');
  const life = minutes === undefined ? undefined : Number(minutes);
  if (life !== undefined && !(Number.isInteger(life) && life > 0)) {
    throw new TypeError('--minutes is a whole number above 0');
  }
  const names = only?.map((name) => {
    if (name in IDENTITIES) return /** @type {import('./pki.mjs').Identity} */ (name);
    throw new TypeError(`--only ${name} is no identity`);
  });
  return {
    dir: resolve(dir),
    newCa: newCa === true,
    ...(life === undefined ? {} : { minutes: life }),
    ...(names === undefined ? {} : { only: names }),
  };
}

#!/usr/bin/env node
// @ts-check
// `npm run acls`: tells the brokers what each identity may do.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT_ROOT } from '../engines/paths.mjs';
import { aclEntries, applyAcls, readGrants } from './acls.mjs';

const USAGE = `usage: npm run acls -- --brokers LIST --certs FOLDER [--file FILE] [--dry-run]

Grants what deploy/kafka/acls.json says, and nothing else; what was granted before stays.

  --brokers LIST   host:port, between commas; their TLS port
  --certs FOLDER   with ca.crt, and kafka-admin/tls.crt and tls.key of a super user
  --file FILE      other grants; default deploy/kafka/acls.json
  --dry-run        says what would be granted, and asks no broker

Exit code: 0 = granted, 1 = refused, 2 = wrong usage. The last line is one JSON object.`;

process.exitCode = await main();

async function main() {
  let options;
  try {
    options = readOptions();
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n\n${USAGE}`);
    return 2;
  }
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  const { brokers, certs, file, isDry } = options;
  try {
    const grants = readGrants(file);
    const entries = aclEntries(grants);
    const pem = (/** @type {string[]} */ ...names) => readFileSync(join(certs, ...names), 'utf8');
    if (!isDry) {
      const own = { cert: pem('kafka-admin', 'tls.crt'), key: pem('kafka-admin', 'tls.key') };
      await applyAcls({ brokers, entries, ssl: { ca: pem('ca.crt'), ...own } });
    }
    console.log(
      JSON.stringify({ granted: isDry ? 0 : entries.length, identities: Object.keys(grants) }),
    );
    return 0;
  } catch (error) {
    console.error(`error     nothing was granted: ${/** @type {Error} */ (error).message}`);
    return 1;
  }
}

/** @throws {TypeError} that says what is wrong. */
function readOptions() {
  const { values } = parseArgs({
    options: {
      brokers: { type: 'string' },
      certs: { type: 'string' },
      file: { type: 'string', default: join(PROJECT_ROOT, 'deploy', 'kafka', 'acls.json') },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const { brokers, certs, file, 'dry-run': isDry } = values;
  if (brokers === undefined || certs === undefined)
    throw new TypeError('--brokers and --certs are needed');
  return { brokers: brokers.split(','), certs, file, isDry };
}

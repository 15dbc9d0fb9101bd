#!/usr/bin/env node
// @ts-check
// `npm run sbom`: the bill of materials of what a user installs, as CycloneDX. The last line is one JSON object.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { productionBill } from './bill.mjs';
import { lockedPackages, packageName } from './lock-file.mjs';
import { ROOT, jsonOf, npm } from './npm.mjs';

const FILE = 'reports/sbom.cdx.json';

// Not with --omit dev: npm 11 leaves out every package that a developer's package needs as well, kafkajs among them.
const answer = await npm(['sbom', '--sbom-format', 'cyclonedx']);
const bill = productionBill(jsonOf(answer.stdout), lockedPackages(), packageName());
if (bill === null) {
  console.error(answer.stderr);
  console.error('npm made no bill of materials; install with npm ci --ignore-scripts, then again');
  console.log(JSON.stringify({ ok: false, file: null, components: 0 }));
  process.exitCode = 1;
} else {
  const file = join(ROOT, FILE);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`);
  const { specVersion, components } = bill;
  console.log(`${FILE}: ${components.length} components`);
  console.log(JSON.stringify({ ok: true, file: FILE, specVersion, components: components.length }));
}

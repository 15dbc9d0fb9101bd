#!/usr/bin/env node
// @ts-check
// `npm run licences`: every package of the lock file has a licence that it may have. The last line is one JSON object.
import { offendersOf } from './licences.mjs';
import { lockedPackages } from './lock-file.mjs';

const packages = lockedPackages();
const offenders = offendersOf(packages);
for (const { name, version, licence, isProduction } of offenders) {
  const tree = isProduction ? 'users install it' : 'developers install it';
  console.log(`  ${name}@${version}: ${licence} (${tree})`);
}
const production = packages.filter(({ isProduction }) => isProduction).length;
if (offenders.length === 0)
  console.log(`${packages.length} packages, ${production} of them for users`);
console.log(
  JSON.stringify({ ok: offenders.length === 0, packages: packages.length, production, offenders }),
);
process.exitCode = offenders.length === 0 ? 0 : 1;

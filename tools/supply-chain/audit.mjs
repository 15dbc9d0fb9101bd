#!/usr/bin/env node
// @ts-check
// `npm run audit:dependencies`: known weaknesses of what a user installs, and the signatures of the registry. The last line
// is one JSON object. A registry that cannot be asked is no failure, and is told: mirrors mostly have no list of weaknesses.
import { REFUSED, auditOf, signaturesOf } from './findings.mjs';
import { npm } from './npm.mjs';

const audit = auditOf(await npm(['audit', '--omit=dev', '--json']));
if (audit.available) {
  for (const { name, range, severity, titles } of audit.refused) {
    console.log(`  ${severity}: ${name} ${range}  ${titles.join('; ') || 'through another one'}`);
  }
  // Each package of the tree is asked for, so it takes a while.
  const signatures = signaturesOf(
    await npm(['audit', 'signatures', '--json'], { timeoutMs: 300_000 }),
  );
  if (!signatures.available) console.log('signatures are not checked: the registry gives none');
  for (const name of signatures.invalid) console.log(`  its signature is wrong: ${name}`);
  const { counts, refused } = audit;
  const isOk = refused.length === 0 && signatures.invalid.length === 0;
  console.log(JSON.stringify({ available: true, ok: isOk, counts, refused, signatures }));
  process.exitCode = isOk ? 0 : 1;
} else {
  console.log(`nothing is known about weaknesses: ${audit.reason}`);
  console.log(`run it where the registry can be asked; it fails from ${REFUSED[0]} on`);
  console.log(JSON.stringify({ available: false, ok: null, reason: audit.reason }));
}

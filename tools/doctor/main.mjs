// @ts-check
// `npm run doctor`: what this machine has and lacks. Needs nothing installed.
import { findingsOf } from './findings.mjs';
import { choiceOf } from './choice.mjs';

const findings = await findingsOf(process.env);
const nameWidth = Math.max(...findings.map(({ name }) => name.length));
for (const { name, isOk, text, fix } of findings) {
  console.log(`  ${isOk ? '✓' : '✗'} ${name.padEnd(nameWidth)}  ${text}`);
  if (!isOk && fix) console.log(`    ${' '.repeat(nameWidth)}  fix: ${fix}`);
}
const { kind, reason } = await choiceOf(process.env);
const isNodeOk = findings.some(({ name, isOk }) => name === 'Node' && isOk);
const canStart = kind !== undefined && isNodeOk;
console.log(
  canStart
    ? `\n  npm start can run; engines: ${kind} (${reason})`
    : `\n  npm start cannot run: ${isNodeOk ? reason : 'Node is too old'}`,
);
console.log(
  JSON.stringify({
    canStart,
    engines: kind ?? null,
    findings: findings.map(({ name, isOk }) => ({ name, isOk })),
  }),
);
process.exitCode = canStart ? 0 : 1;

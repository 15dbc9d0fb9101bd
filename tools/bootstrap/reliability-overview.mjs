// @ts-check

/**
 * The page of docs/reports that lists a whole run; written by the run itself.
 *
 * @param {readonly import('./reliability-summary.mjs').ScenarioResult[]} results
 * @param {import('./reliability-summary.mjs').Summary} summary
 */
export function overviewPage(results, summary) {
  const sound = results.filter(({ variant }) => variant === null);
  const controls = results.filter(({ variant }) => variant !== null);
  return `# Reports

What the last full run of \`npm run test:reliability\` found. Written by the run itself; do not edit.

Verdict: **${summary.verdict}**. Seed ${summary.seed}, ${summary.seconds} s, ${summary.passed} tests passed, ${summary.failed} failed, ${summary.skipped} skipped.

## Scenarios

${table(
  ['scenario', 'verdict', 'movements', 'lost', 'twice', 'stale', 'out of order', 'kills on work'],
  sound.map(({ name, verdict }) => [
    `[${name}](${name}.md)`,
    ...[verdict.code, verdict.records, verdict.lost + verdict.unhandled, verdict.twice],
    ...[verdict.stale, verdict.orderViolations],
    `${verdict.killsLanded} of ${verdict.killsPlanned}`,
  ]),
)}

## Negative controls

The same workload, broken on purpose. One that is not noticed makes the run red.

${table(
  ['control', 'row', 'noticed', 'lost', 'twice', 'stale', 'dead letters'],
  controls.map(({ name, variant, caught, verdict }) => [
    ...[name, variant ?? '', caught ? 'yes' : 'no'],
    ...[verdict.lost + verdict.unhandled, verdict.twice, verdict.stale, verdict.deadLetters],
  ]),
)}
`;
}

/** @param {readonly string[]} head @param {readonly (readonly (string | number)[])[]} rows */
function table(head, rows) {
  const line = (/** @type {readonly (string | number)[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

import { FAULT_KINDS } from './fault-log';
import type { ScenarioResult } from './result';

/** The report of one scenario as a page of docs/reports. */
export function markdownOf(result: ScenarioResult): string {
  const { verdict, name, about, faults } = result;
  const sections = [
    `# ${titleOf(name)}`,
    `${about}\n\nVerdict: **${verdict.code}**. Written by the run itself; do not edit.`,
    `## What was run\n\n${table(['what', 'value'], whatWasRun(result))}`,
    `## What was found\n\n${table(['figure', 'value'], figures(result))}`,
    ...(verdict.problems.length > 0 ? [`## Problems\n\n${problems(result)}`] : []),
    ...(faults.length > 0 ? [`## Faults\n\n${table(FAULT_COLUMNS, faultRows(result))}`] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}

type Row = readonly (string | number)[];

const FAULT_COLUMNS = ['at (s)', 'fault', 'movements sent', 'detail', 'landed on work'];

function whatWasRun({
  seed,
  seconds,
  members,
  repeatsSent,
  versions,
  faults,
  name,
}: ScenarioResult) {
  const counts = FAULT_KINDS.map(
    (kind) => [kind, faults.filter((entry) => entry.kind === kind).length] as const,
  );
  const rows: Row[] = [
    ['command', `\`npm run test:reliability -- --only ${name} --seed ${seed}\``],
    ['duration', `${seconds} s`],
    ['processes started', members],
    ['movements sent again', repeatsSent],
    ...counts.filter(([, count]) => count > 0),
    ...Object.entries(versions),
  ];
  return rows;
}

function figures({ verdict }: ScenarioResult): readonly Row[] {
  const { lost, unhandled, twice, unexpected, stale, orderViolations } = verdict;
  return [
    ['acknowledged movements', verdict.records],
    ['lost', lost + unhandled],
    ['stored twice', twice],
    ['documents of nobody', unexpected],
    ['accounts with an older version', stale],
    ['violations of the order per key', orderViolations],
    ['records below a commit without an outcome', verdict.committedPastUnwritten],
    ['commits that moved backwards', verdict.commitRegressions],
    ['lag at the end', verdict.lag],
    ['time to lag 0 after the last fault', `${verdict.settledAfterMs} ms`],
    ['dead letters', verdict.deadLetters],
    ['records handled again', verdict.replays],
    ['kills that landed on work', `${verdict.killsLanded} of ${verdict.killsPlanned}`],
    ['most memory of one process', `${verdict.maxResidentMib} MiB`],
  ];
}

const problems = ({ verdict }: ScenarioResult) =>
  verdict.problems.map(({ invariant, text }) => `- ${invariant}: ${text}`).join('\n');

const faultRows = ({ faults }: ScenarioResult): readonly Row[] =>
  faults.map(({ atMs, kind, sent, detail, landed }) => [
    (atMs / 1_000).toFixed(1),
    kind,
    sent,
    detail,
    landed === undefined ? '' : landed ? 'yes' : 'no',
  ]);

function table(head: readonly string[], rows: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function titleOf(name: string): string {
  const words = name.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

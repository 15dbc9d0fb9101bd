import { ConfigInvalidError, ConfigUnsafeError } from './config.errors';
import type { LintFinding } from './lint';
import type { ConfigProblem } from './setting';

/** Builds the one error that lists every problem, and what is unsafe besides. */
export function invalid(
  problems: readonly ConfigProblem[],
  unsafe: readonly LintFinding[] = [],
): ConfigInvalidError {
  const lines = [...problems.map(lineOf), ...unsafe.flatMap(linesOf)];
  return new ConfigInvalidError({
    message: ['the configuration is not valid:', ...lines].join('\n'),
    facts: { problems: [...problems, ...unsafe] },
  });
}

/** Builds the one error that lists everything that is unsafe, with the danger and what to try. */
export function unsafe(refusals: readonly LintFinding[]): ConfigUnsafeError {
  return new ConfigUnsafeError({
    message: ['the configuration is unsafe:', ...refusals.flatMap(linesOf)].join('\n'),
    facts: { problems: refusals },
  });
}

/** One finding in three lines. */
function linesOf(finding: LintFinding): readonly string[] {
  return [lineOf(finding), `    danger: ${finding.danger}`, `    try: ${finding.fix}`];
}

function lineOf({ variable, reason, code }: ConfigProblem): string {
  return `  ${variable}: ${reason}${code === undefined ? '' : ` (${code})`}`;
}

import { HandlerFailedError, HandlerPermanentError, deepestMillraceError } from 'millrace/errors';
import type { MillraceError } from 'millrace/errors';
import type { Dependency } from '../ports/dependency';
import type { ErrorPolicy, PolicyRule, Reaction } from './policy';
import { DEAD_LETTER, delaysMsOf } from './policy';

/** What the pipeline does about one error: wait for a dependency, or react by policy. */
export type Verdict =
  | { readonly kind: 'wait'; readonly error: MillraceError; readonly dependency: string | null }
  | { readonly kind: 'react'; readonly error: MillraceError; readonly reaction: Reaction };

/**
 * Classifies anything that was thrown. Total: every value gets an answer.
 *
 * In this order: rules of the handler's policy, the deepest coded error of the cause chain, the
 * translation of an adapter, built-in errors of the language (a bug: repeating it only delays the
 * stop), and last a data error with bounded attempts. An error of infrastructure, or a fatal one,
 * never takes a retry topic, whatever a rule says: it would hit every record.
 *
 * @see docs/architecture.md, "How a record is processed", step 7
 */
export function classify(
  thrown: unknown,
  policy: ErrorPolicy,
  dependencies: Iterable<Dependency>,
): Verdict {
  const { error, dependency } = translate(thrown, dependencies);
  const rule = policy.rules.find((candidate) => matches(candidate, thrown));
  const { failure } = error;
  const isOfAnyRecord = failure === 'infrastructure' || failure === 'fatal';
  if (rule !== undefined && !(isOfAnyRecord && delaysMsOf(rule.reaction).length > 0)) {
    return asked(error, rule.reaction);
  }
  switch (failure) {
    case 'infrastructure':
    case 'fatal':
      return { kind: 'wait', error, dependency };
    case 'permanent':
      return { kind: 'react', error, reaction: DEAD_LETTER };
    case 'retryable':
      return asked(error, policy.fallback);
    default:
      return failure satisfies never;
  }
}

/** A pause is a wait for the dependency that it names. */
function asked(error: MillraceError, reaction: Reaction): Verdict {
  if (reaction.kind !== 'pause') return { kind: 'react', error, reaction };
  return { kind: 'wait', error, dependency: reaction.dependency };
}

/** A matcher that cannot cope with what was thrown is not about it. */
function matches(rule: PolicyRule, thrown: unknown): boolean {
  try {
    return rule.matches(thrown);
  } catch {
    return false;
  }
}

function translate(
  thrown: unknown,
  dependencies: Iterable<Dependency>,
): { readonly error: MillraceError; readonly dependency: string | null } {
  const coded = deepestMillraceError(thrown);
  for (const { name, owns, translate: toCoded } of dependencies) {
    const error = coded ?? toCoded?.(thrown);
    if (error !== undefined && (coded === undefined || owns?.(coded) === true)) {
      return { error, dependency: name };
    }
  }
  return { error: coded ?? unknownError(thrown), dependency: null };
}

/** `Error.name` of the errors that the language itself throws. */
const BUILT_IN = new Set(['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError', 'EvalError']);

function unknownError(thrown: unknown): MillraceError {
  const isError = thrown instanceof Error;
  const message = isError
    ? `${thrown.name}: ${thrown.message}`
    : 'something that is no Error was thrown';
  return isError && BUILT_IN.has(thrown.name)
    ? new HandlerPermanentError({ message, cause: thrown })
    : new HandlerFailedError({ message, cause: thrown });
}

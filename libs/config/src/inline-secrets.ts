import { SecretInlineError } from './config.errors';
import type { LintFinding } from './lint';
import { findingOf } from './lint-settings';
import type { LintInput } from './lint-settings';
import type { Setting } from './setting';
import type { Found } from './sources';

const URI = /^[a-z][a-z\d+.-]*:\/\//i;
const PASSWORD_OF_URI = /^[a-z][a-z\d+.-]*:\/\/[^/?#@]*:[^/?#]+@/i;

/** Not a rule of any slice: it is about where a value comes from, which no lint sees. */
const INLINE = {
  id: SecretInlineError.definition.code,
  severity: { production: 'refuse', otherwise: 'off' },
  danger:
    'whoever lists processes, reads a dump of the environment or the manifest reads the secret',
  fix: SecretInlineError.definition.fix,
} as const;

/** True when the environment itself holds a secret; a URI without a password is none. */
export function isInlineSecret({ secret, inline }: Setting, { raw = '', source }: Found): boolean {
  if (secret !== true || inline === 'allowed') return false;
  if (raw === '' || source === 'file' || source === 'default') return false;
  return !URI.test(raw) || PASSWORD_OF_URI.test(raw);
}

/**
 * Refuses secrets in the environment of production where a file could hold them.
 *
 * @param variables - those that {@link isInlineSecret} found.
 */
export function inlineSecrets(
  variables: readonly string[],
  input: Pick<LintInput, 'environment' | 'allowed'>,
): readonly LintFinding[] {
  return variables.flatMap((variable) =>
    findingOf(
      { ...INLINE, settings: [variable] },
      () => `a secret is given by itself; ${variable}_FILE names a file that holds it`,
      input,
    ),
  );
}

import { loadSettings } from 'millrace/config';
import type { SettingsSlice } from 'millrace/config';

/** One environment that a lint finds something in, and one next to it in which it finds nothing. */
export interface LintCase {
  readonly unsafe: Readonly<Record<string, string>>;
  readonly safe: Readonly<Record<string, string>>;
}

export interface LintSuiteOptions {
  /** The slice whose lints are tested. */
  readonly slice: SettingsSlice;
  /** Slices that its lints look at. Default: none. */
  readonly beside?: readonly SettingsSlice[];
  /** By id of lint; a lint without a case, and a case without a lint, fails. */
  readonly cases: Readonly<Record<string, LintCase>>;
}

/**
 * Shows that each lint of a slice can find something, and is quiet next to it.
 *
 * @example describeLints('kafka', { slice: kafkaSettings, cases: { SESSION_TOO_SHORT: { unsafe: {...}, safe: {...} } } });
 */
export function describeLints(name: string, { slice, beside = [], cases }: LintSuiteOptions): void {
  const slices = [slice, ...beside];
  const find = (env: LintCase['safe'], environment: string, id: string) =>
    loadSettings({
      slices,
      env: { NODE_ENV: environment, ...env },
      unsafe: 'tell',
    }).warnings.find(({ code }) => code === id);

  describe(`the lints of ${name}`, () => {
    it('[CFG-02] have each a refusing and a passing case', () => {
      expect(Object.keys(cases).sort()).toEqual(slice.lints.map(({ id }) => id).sort());
    });

    it('[CFG-02] name settings that exist, the danger and what to try', () => {
      const known = slices.flatMap(({ fields }) => Object.values(fields).map(({ env }) => env));
      for (const { settings, danger, fix } of slice.lints) {
        expect(settings.filter((variable) => !known.includes(variable))).toEqual([]);
        expect([danger, fix].filter((words) => words.split(' ').length < 2)).toEqual([]);
      }
    });

    describe.each(slice.lints.map((lint) => [lint.id, lint] as const))('%s', (id, lint) => {
      const { unsafe, safe } = cases[id] ?? { unsafe: {}, safe: {} };
      const { production, otherwise } =
        typeof lint.severity === 'string'
          ? { production: lint.severity, otherwise: lint.severity }
          : lint.severity;

      it.each([
        ['production', production],
        ['development', otherwise],
      ])('[CFG-02] finds what is unsafe in %s: %s', (environment, severity) => {
        const found = find(unsafe, environment, id);
        expect(found?.severity ?? 'off').toBe(severity);
        if (severity !== 'off') expect(found?.variable).toBe(lint.settings.join(', '));
      });

      it.each(['production', 'development'])(
        '[CFG-02] passes what is safe in %s',
        (environment) => {
          expect(find(safe, environment, id)).toBeUndefined();
        },
      );
    });
  });
}

import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const SPECS = ['**/*.spec.ts', '**/*.e2e-spec.ts'];
/** Code of the product: what a user installs or runs in a cluster. */
const PRODUCT = ['libs/**/*.ts', 'apps/**/*.ts'];

const restrict = (selector, message) => ({ selector, message });

/** Every spelling by which a lib could reach the process. */
const PROCESS_RULES = [
  restrict(
    "MemberExpression[object.name='process'][property.name='env']",
    'Settings come from millrace/config; only main.ts and tools read process.env.',
  ),
  restrict(
    "MemberExpression[object.property.name='process'][property.name='env']",
    'Settings come from millrace/config; only main.ts and tools read process.env.',
  ),
  restrict(
    "VariableDeclarator[init.name='process'] > ObjectPattern > Property[key.name=/^(env|exit)$/]",
    'Take settings and the exit function as parameters.',
  ),
  restrict(
    'ImportDeclaration[source.value=/^(node:)?process$/]',
    'Take settings and the exit function as parameters.',
  ),
  restrict(
    "MemberExpression[object.name='process'][property.name=/^(exit|abort|reallyExit)$/]",
    'Only main.ts and the tools end the process; take an exit function as a parameter.',
  ),
];

const SHAPE_RULES = [
  restrict('ExportAllDeclaration', 'List the exports by name; an index is the public API.'),
  restrict('TSEnumDeclaration', 'Use an `as const` array and a union type.'),
];

const PRODUCT_SHAPE_RULES = [
  ...SHAPE_RULES,
  restrict('ExportDefaultDeclaration', 'Named exports only.'),
  restrict(
    "Program > VariableDeclaration[kind='let'], ExportNamedDeclaration > VariableDeclaration[kind='let']",
    'No state in a module: two containers in one process must not meet.',
  ),
  restrict(
    "CallExpression[callee.object.name='Object'][callee.property.name='assign'][arguments.0.type='ObjectExpression']",
    'A copy by assignment lets a key __proto__ of a record become the prototype: spread it.',
  ),
  restrict(
    'ImportDeclaration[source.value=/^(lodash|lodash[.]merge|deepmerge|defaults-deep)$/]',
    'A deep merge of records reaches for prototypes.',
  ),
];

const FOCUSED_TEST_RULES = [
  restrict(
    'CallExpression[callee.name=/^(fit|fdescribe|ftest)$/]',
    'A focused test hides all others.',
  ),
  restrict(
    "MemberExpression[object.name=/^(it|test|describe)$/][property.name='only']",
    'A focused test hides all others.',
  ),
  restrict(
    "MemberExpression[object.object.name=/^(it|test|describe)$/][property.name='only']",
    'A focused test hides all others.',
  ),
];

/** Words that say nothing, or another word than the glossary's. */
const NO_FORBIDDEN_WORDS = {
  regex:
    '^I[A-Z][a-z]|Impl$|Util(s|ity)?($|[A-Z])|Helper|Manager|Shared|Misc($|[A-Z])|Dlq|DLQ|[a-z]Ssl|^SSL',
  match: false,
};
const NO_FORBIDDEN_VALUE_WORDS = {
  regex: '^(utils?|helpers?|misc|shared|common)$|Utils?$|Helpers?$|[mM]anager$|dlq|Dlq|DLQ',
  match: false,
};

const NODE_GLOBALS = [
  ...['AbortController', 'AbortSignal', 'Buffer', 'TextDecoder', 'TextEncoder', 'URL'],
  ...['URLSearchParams', 'clearImmediate', 'clearInterval', 'clearTimeout', 'console', 'fetch'],
  ...['globalThis', 'performance', 'process', 'queueMicrotask', 'setImmediate', 'setInterval'],
  ...['setTimeout', 'structuredClone'],
];

export default tseslint.config(
  { ignores: ['**/node_modules/', '**/dist/', 'coverage/', '.engines/', 'reports/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  // Everything: rules that need no types.
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 50 }],
    },
  },

  // TypeScript: with types.
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/naming-convention': [
        'error',
        { selector: 'typeLike', format: null, custom: NO_FORBIDDEN_WORDS },
        {
          selector: ['variable', 'function', 'parameter', 'classMethod', 'classProperty'],
          format: null,
          custom: NO_FORBIDDEN_VALUE_WORDS,
        },
        // The names of a vendor's fields are the vendor's.
        { selector: 'variable', modifiers: ['destructured'], format: null },
      ],
      // A port is asynchronous even where one implementation has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // It reads every method of an interface as one that needs `this`; ports are full of them.
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-syntax': ['error', ...SHAPE_RULES],
    },
  },

  // Product code.
  {
    files: PRODUCT,
    ignores: SPECS,
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...PRODUCT_SHAPE_RULES, ...PROCESS_RULES],
    },
  },
  {
    files: ['apps/*/src/main.ts'],
    rules: { 'no-restricted-syntax': ['error', ...PRODUCT_SHAPE_RULES] },
  },
  // Specs: as strict about promises, freer about size and about looking at foreign answers.
  {
    // A conformance suite is a list of tests, wherever it lies.
    files: [...SPECS, 'test/**/*.ts', 'libs/testing/src/conformance/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'no-restricted-syntax': ['error', ...SHAPE_RULES, ...FOCUSED_TEST_RULES],
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },

  // Plain modules of the tools: they run before anything is installed, so they have no types.
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(NODE_GLOBALS.map((name) => [name, 'readonly'])),
    },
    rules: {
      'no-undef': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { __dirname: 'readonly', __filename: 'readonly', require: 'readonly' },
    },
  },
  prettier,
);

import { execFileSync } from 'node:child_process';
import { isBuiltin } from 'node:module';
import { parse } from 'yaml';
import { ROOT, manifest, projectFiles, readText } from './tree';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly permissions?: unknown; readonly steps: readonly Step[] }>
  >;
}

const workflows = projectFiles().filter((file) => /^\.github\/workflows\/.*\.ya?ml$/.test(file));

describe.each(workflows)('%s', (file) => {
  const text = readText(file);
  const { on, permissions, jobs } = parse(text) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('[S20] runs foreign actions only by the full hash of a commit, with the version beside it', () => {
    const lines = text.split('\n').filter((line) => /\buses:/.test(line));
    expect(lines.length).toBe(steps.filter(({ uses }) => uses !== undefined).length);
    const loose = lines.filter((line) => !/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d/.test(line));
    expect(loose).toEqual([]);
  });

  it('[S20] may only read, sees no secret, and gives a pull request no rights of ours', () => {
    expect(permissions).toEqual({ contents: 'read' });
    expect(Object.values(jobs).filter((job) => job.permissions !== undefined)).toEqual([]);
    expect(text).not.toMatch(/\bsecrets\b|GITHUB_TOKEN|github\.token/);
    expect(Object.keys(on)).not.toContain('pull_request_target');
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@') === true);
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
  });

  it('[S20] puts nothing into a shell that a stranger wrote', () => {
    // A branch or the title of a pull request is text of its author.
    expect(steps.filter(({ run }) => /\$\{\{/.test(run ?? ''))).toEqual([]);
  });
});

describe('what runs in public', () => {
  const commands = workflows.flatMap((file) =>
    Object.values((parse(readText(file)) as Workflow).jobs).flatMap((job) =>
      job.steps.flatMap(({ run }) => run ?? []),
    ),
  );

  it.each([...['bash .ci/run', 'npm run licences', 'npm run audit:dependencies', 'npm run sbom']])(
    '[S20] is also `%s`',
    (command) => {
      expect(commands).toContain(command);
    },
  );

  it('[S20] installs by the lock file, without scripts, and once nothing younger than a week', () => {
    const installs = commands.filter((command) => /\bnpm (ci|i|install)\b/.test(command));
    expect(installs.filter((command) => !command.startsWith('npm ci --ignore-scripts'))).toEqual(
      [],
    );
    expect(installs.filter((command) => /--before="\$\(.*7 days ago/.test(command))).toHaveLength(
      1,
    );
  });

  it('[S20] has commands that exist', () => {
    const named = commands.flatMap((command) => /^npm run (\S+)$/.exec(command)?.[1] ?? []);
    expect(named.filter((name) => !(name in (manifest().scripts ?? {})))).toEqual([]);
  });
});

describe('imports', () => {
  const { dependencies, devDependencies } = manifest();
  const declared = new Set(Object.keys({ ...dependencies, ...devDependencies }));
  // Of libs and apps dependency-cruiser says more; tools, tests and configurations are nobody else's.
  const files = projectFiles().filter((file) => /\.(ts|mjs|cjs)$/.test(file));
  const IMPORT =
    /(?:^|[\s;])(?:import|export)\s[^'"`;]*?from\s*'([^']+)'|(?:import|require)\('([^']+)'\)/gm;

  it('[S20] name only packages that package.json declares', () => {
    const undeclared = files.flatMap((file) =>
      [...readText(file).matchAll(IMPORT)]
        .map(([, from, call]) => from ?? call ?? '')
        .filter((name) => !/^[./$]/.test(name) && !isBuiltin(name) && !/^millrace(\/|$)/.test(name))
        .map((name) =>
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        )
        .filter((name) => !declared.has(name) && !declared.has(`@types/${name}`))
        .map((name) => `${file}: ${name}`),
    );
    expect(undeclared).toEqual([]);
    expect(files.length).toBeGreaterThan(100);
  });
});

describe('the packed package', () => {
  /** As npm would publish it; nothing is written and no script runs. */
  const packed = () => {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const answer = execFileSync('npm', args, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 26,
    });
    const told = JSON.parse(answer) as object;
    // npm 12 answers by name of package.
    const [first] = Object.values(told) as ReadonlyArray<{
      files: ReadonlyArray<{ path: string }>;
    }>;
    return first?.files.map(({ path }) => path) ?? [];
  };

  it('[S20] holds the compiled libs and what npm always adds: no test, no source, no secret', () => {
    const paths = packed();
    const ours = paths.filter((path) => !path.startsWith('dist/package/libs/'));
    expect(ours.sort()).toEqual(['LICENSE', 'README.md', 'package.json']);
    const wrong =
      /\.(e2e-)?spec\.|\.fixture\.|\/fakes\/|(^|\/)\.env|\.(pem|key|crt|p12|log)$|tsbuildinfo/;
    expect(paths.filter((path) => wrong.test(path))).toEqual([]);
    // Only compiled: sources would be found twice.
    expect(paths.filter((path) => /(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });
});

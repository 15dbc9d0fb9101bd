/** One finding of {@link lintMetrics}. */
export interface MetricProblem {
  readonly metric: string;
  readonly problem: string;
}

interface Family {
  readonly name: string;
  type: string;
  hasHelp: boolean;
  readonly samples: Set<string>;
  readonly labels: Set<string>;
  isRepeated: boolean;
}

const TYPES = ['counter', 'gauge', 'histogram', 'summary'] as const;
const ABBREVIATED_UNITS = 's ms us ns sec b kb mb gb tb pb m h d'.split(' ');
const BASE_UNITS: Readonly<Record<string, string>> = {
  milliseconds: 'seconds',
  microseconds: 'seconds',
  nanoseconds: 'seconds',
  minutes: 'seconds',
  hours: 'seconds',
  days: 'seconds',
  weeks: 'seconds',
  kilobytes: 'bytes',
  megabytes: 'bytes',
  gigabytes: 'bytes',
  kibibytes: 'bytes',
  mebibytes: 'bytes',
  gibibytes: 'bytes',
  bits: 'bytes',
  percent: 'ratio',
  percentage: 'ratio',
};

/**
 * Checks the text of /metrics by the rules of `promtool check metrics`.
 *
 * @param options - `ignore`: names that others own, as prom-client's `nodejs_*`. Default: none.
 * @returns every problem; empty when promtool would be content.
 * @see https://prometheus.io/docs/practices/naming/
 */
export function lintMetrics(
  text: string,
  options: { readonly ignore?: RegExp } = {},
): readonly MetricProblem[] {
  return familiesOf(text)
    .filter(({ name }) => options.ignore?.test(name) !== true)
    .flatMap((family) =>
      RULES.flatMap((rule) => rule(family)).map((problem) => ({ metric: family.name, problem })),
    );
}

type Rule = (family: Family) => string[];

const RULES: readonly Rule[] = [
  ({ hasHelp }) => (hasHelp ? [] : ['no help text']),
  ({ isRepeated }) => (isRepeated ? ['described twice'] : []),
  ({ name, type }) =>
    (type === 'counter') === name.endsWith('_total')
      ? []
      : [type === 'counter' ? 'a counter must end in _total' : 'only counters end in _total'],
  ({ name, type }) =>
    type === 'histogram' || type === 'summary' || !/_(bucket|count|sum)$/.test(name)
      ? []
      : ['_bucket, _count and _sum belong to histograms'],
  ({ name }) =>
    TYPES.filter((type) => words(name).includes(type)).map(
      (type) => `no type in the name: ${type}`,
    ),
  ({ name }) =>
    words(name)
      .filter((word) => BASE_UNITS[word] !== undefined)
      .map((word) => `use the base unit ${BASE_UNITS[word]} instead of ${word}`),
  ({ name }) =>
    words(name)
      .slice(1)
      .filter((word) => ABBREVIATED_UNITS.includes(word))
      .map((word) => `no abbreviated unit in the name: ${word}`),
  ({ name }) => (name.includes(':') ? ['colons are for recording rules'] : []),
  ({ name, labels }) =>
    [name, ...labels]
      .filter((word) => /[a-z][A-Z]/.test(word))
      .map((word) => `snake_case: ${word}`),
  ({ type, labels }) =>
    labels.has('le') && type !== 'histogram' ? ['label le belongs to histograms'] : [],
  ({ type, labels }) =>
    labels.has('quantile') && type !== 'summary' ? ['label quantile belongs to summaries'] : [],
  ({ type, samples }) => (type === 'untyped' && samples.size > 0 ? ['no type'] : []),
];

function words(name: string): string[] {
  return name.toLowerCase().split('_');
}

function familiesOf(text: string): Family[] {
  const families = new Map<string, Family>();
  const familyOf = (name: string): Family => {
    const family = families.get(name) ?? {
      name,
      type: 'untyped',
      hasHelp: false,
      samples: new Set<string>(),
      labels: new Set<string>(),
      isRepeated: false,
    };
    families.set(name, family);
    return family;
  };
  for (const line of text.split('\n')) readLine(line, families, familyOf);
  return [...families.values()];
}

function readLine(
  line: string,
  families: ReadonlyMap<string, Family>,
  familyOf: (name: string) => Family,
): void {
  const [, keyword, described = '', rest = ''] = /^# (HELP|TYPE) (\S+)(.*)$/.exec(line) ?? [];
  if (keyword === 'HELP') {
    const family = familyOf(described);
    family.isRepeated ||= family.hasHelp;
    family.hasHelp = rest.trim() !== '';
  } else if (keyword === 'TYPE') {
    familyOf(described).type = rest.trim();
  } else if (line !== '' && !line.startsWith('#')) {
    readSample(line, families, familyOf);
  }
}

function readSample(
  line: string,
  families: ReadonlyMap<string, Family>,
  familyOf: (name: string) => Family,
): void {
  const [, name = '', labels = ''] = /^([^\s{]+)(?:\{(.*)\})?\s/.exec(line) ?? [];
  const base = name.replace(/_(bucket|count|sum)$/, '');
  const hasParts = ['histogram', 'summary'].includes(families.get(base)?.type ?? '');
  const family = familyOf(hasParts ? base : name);
  family.samples.add(name);
  for (const [, label = ''] of labels.matchAll(/(?:^|,)([^=,{}"]+)="/g)) {
    family.labels.add(label);
  }
}

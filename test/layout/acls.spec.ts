import { PriceQuoted } from 'millrace/events';
import { METALS_GROUPS } from '../../apps/processor/src/metals/metals.groups';
import { readJson } from './tree';

interface Grant {
  readonly resource: string;
  readonly name: string;
  readonly pattern: string;
  readonly operations: readonly string[];
}

const grants = readJson<Readonly<Record<string, readonly Grant[]>>>('deploy/kafka/acls.json');
const { topic } = PriceQuoted;

const mayDo = (identity: string, operation: string) =>
  (grants[identity] ?? [])
    .filter(({ operations }) => operations.includes(operation))
    .map(({ resource, name, pattern }) => `${resource} ${name}${pattern === 'prefixed' ? '*' : ''}`)
    .sort();

describe('the rights at the brokers [W-07]', () => {
  const groups = Object.values(METALS_GROUPS);

  it('are those of the identities that have a certificate', () => {
    expect(Object.keys(grants).sort()).toEqual(['processor', 'producer']);
  });

  it('let the producer write its topic, and nothing else', () => {
    expect(mayDo('producer', 'Write')).toEqual([`topic ${topic}`]);
    expect(mayDo('producer', 'Read')).toEqual([]);
  });

  it('let the processor read its topic in its groups and their shadows, and write what comes behind it', () => {
    expect(mayDo('processor', 'Write')).toEqual([`topic ${topic}.*`]);
    expect(mayDo('processor', 'Read')).toEqual(
      [
        ...groups.flatMap((group) => [`group ${group}`, `group ${group}.*`]),
        ...[`topic ${topic}`, `topic ${topic}.*`],
      ].sort(),
    );
  });

  it('change nothing at the brokers and grant nothing to everybody', () => {
    const all = Object.values(grants).flat();
    const known = ['Describe', 'DescribeConfigs', 'Read', 'Write'];
    expect(
      all.flatMap(({ operations }) => operations).filter((word) => !known.includes(word)),
    ).toEqual([]);
    expect(all.filter(({ name }) => name === '*' || name === '')).toEqual([]);
  });
});

import { isEqual } from '../compatibility/equality';
import type { Contract } from '../contract';
import { byText, readableVersions } from '../documents/contract-key';
import { decodeEvent } from '../event';
import { isSchemaObject } from '../schemas/structure';
import type { ContractFinding } from './finding';
import { finding } from './schema-files';

/** A file of the golden corpus. */
export interface CorpusFile {
  /** Path in the corpus, with `/`: `<contract>/v<version>/<event>.json` or `<contract>/expected.json`. */
  readonly path: string;
  /** The value of the record, byte for byte. */
  readonly bytes: Buffer;
}

/** Name of the file that pins what each event of a contract becomes. */
export const EXPECTED_FILE = 'expected.json';

const EVENT_FILE = /^v([1-9]\d{0,5})\/[^/]+$/;

/**
 * Reads every event of the golden corpus with the contracts of today.
 *
 * Promise: no finding means that every older readable version of every contract has an event in the
 * corpus, that each event of the corpus is still valid after its upcasters, and that it becomes
 * exactly what `expected.json` pins.
 */
export function checkCorpus(
  contracts: readonly Contract[],
  files: readonly CorpusFile[],
): readonly ContractFinding[] {
  // The newest of each name reads the others.
  const newest = new Map<string, Contract>();
  for (const contract of contracts) {
    const known = newest.get(contract.name);
    if (known === undefined || known.version < contract.version) {
      newest.set(contract.name, contract);
    }
  }
  const owned = (name: string) => files.filter(({ path }) => path.startsWith(`${name}/`));
  const foreign = files.filter(({ path }) => !newest.has(path.split('/', 1)[0] ?? ''));
  const names = [...newest.keys()].sort(byText);
  return [
    ...names.flatMap((name) => {
      const contract = newest.get(name);
      return contract === undefined ? [] : checkOne(contract, owned(name));
    }),
    ...foreign.map(({ path }) => foreignFinding(path)),
  ];
}

function checkOne(contract: Contract, files: readonly CorpusFile[]): readonly ContractFinding[] {
  const inside = new Map(
    files.map(({ path, bytes }) => [path.slice(contract.name.length + 1), bytes] as const),
  );
  const expected = expectedOf(inside.get(EXPECTED_FILE));
  const events = [...inside].filter(([path]) => path !== EXPECTED_FILE);
  const versions = new Set(events.map(([path]) => Number(EVENT_FILE.exec(path)?.[1])));
  const missing = readableVersions(contract)
    .filter((version) => version < contract.version && !versions.has(version))
    .map((version) => missingFinding(contract, version));
  const orphans = Object.keys(expected)
    .filter((path) => !inside.has(path))
    .map((path) => orphanFinding(contract, path));
  const found = events.flatMap(([path, bytes]) => checkEvent(contract, path, bytes, expected));
  return [...missing, ...orphans, ...found];
}

function checkEvent(
  contract: Contract,
  path: string,
  bytes: Buffer,
  expected: Readonly<Record<string, unknown>>,
): readonly ContractFinding[] {
  const version = Number(EVENT_FILE.exec(path)?.[1]);
  const where = `${contract.name}/${path}`;
  if (!(version <= contract.version)) return [foreignFinding(where)];
  const decoded = decodeEvent(contract, bytes, String(version));
  if ('error' in decoded) {
    const fix = `correct the contract or its upcasters: records like this one are in the topic`;
    const message = `${where} cannot be read any more: ${decoded.error.message}`;
    return [{ ...finding(contract, 'corpus-unreadable', message, fix), version }];
  }
  const pin = `put the event that it must become into ${contract.name}/${EXPECTED_FILE}, under "${path}"`;
  if (!Object.hasOwn(expected, path)) {
    const message = `${where} has no expected event`;
    return [{ ...finding(contract, 'corpus-unpinned', message, pin), version }];
  }
  // As JSON: what a schema turns into a Date is pinned as its text.
  const event: unknown = JSON.parse(JSON.stringify(decoded.event));
  if (isEqual(event, expected[path])) return [];
  const message = `${where} becomes another event than ${contract.name}/${EXPECTED_FILE} says`;
  const fix = 'correct the upcasters, or the expected event when the change is meant';
  return [{ ...finding(contract, 'corpus-changed', message, fix), version }];
}

function missingFinding(contract: Contract, version: number): ContractFinding {
  const message = `${contract.name}: no event of version ${version} is in the golden corpus`;
  const fix = `add the value of a real record as ${contract.name}/v${version}/<what it shows>.json`;
  return { ...finding(contract, 'corpus-missing', message, fix), version };
}

function orphanFinding(contract: Contract, path: string): ContractFinding {
  const message = `${contract.name}/${EXPECTED_FILE} expects ${path}, which is not there`;
  return finding(contract, 'corpus-unpinned', message, 'restore the file, or remove the entry');
}

function foreignFinding(path: string): ContractFinding {
  const [name = path] = path.split('/', 1);
  const fix = 'name it <contract>/v<version>/<event>.json after a contract and version that exist';
  return finding({ name, version: 0 }, 'corpus-foreign', `${path} belongs to no contract`, fix);
}

function expectedOf(bytes: Buffer | undefined): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(bytes?.toString('utf8') ?? '{}');
    return isSchemaObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

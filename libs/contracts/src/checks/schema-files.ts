import type { Breaking, CompatibilityMode } from '../compatibility/compatibility';
import { compatibility } from '../compatibility/compatibility';
import { isEqual } from '../compatibility/equality';
import type { Contract, ContractIdentity } from '../contract';
import { byText, contractKey } from '../documents/contract-key';
import type { JsonSchema } from '../schemas/structure';
import { jsonSchemaOf } from '../schemas/json-schema';
import type { ContractFinding, ContractFindingCode } from './finding';

/** Reads a file of the folder of committed contracts; null when it is not there. */
export type ReadCommitted = (file: string) => string | null;

export interface SchemaFile {
  /** Name in the folder of committed contracts; example `metals.price.quoted.v2.schema.json`. */
  readonly file: string;
  readonly text: string;
}

/** Writes what is missing; the checks name it. */
export const WRITE_SCHEMAS = 'millrace contracts schema --write';

/** Name of the file that one version of a contract is committed in. */
export function schemaFileOf(contract: Pick<ContractIdentity, 'name' | 'version'>): string {
  return `${contractKey(contract)}.schema.json`;
}

/**
 * Compares contracts with their committed schemas.
 *
 * Promise: no finding means that every event which was valid under the committed schema of a
 * version is valid under the code's, that every version has its file, and that every version which
 * has a file can still be read.
 *
 * @param readCommitted - for the files that {@link schemaFileOf} names.
 * @param mode - who must understand whom within a version; default `backward`.
 */
export function checkContracts(
  contracts: readonly Contract[],
  readCommitted: ReadCommitted,
  mode: CompatibilityMode = 'backward',
): readonly ContractFinding[] {
  return sorted(contracts).flatMap((contract) => [
    ...checkSchema(contract, readCommitted, mode).findings,
    ...checkVersions(contract, readCommitted),
  ]);
}

/**
 * Says which files to write so that nothing is missing or out of date.
 *
 * Promise: a file is never replaced by one that breaks readers; that is a finding instead.
 */
export function planSchemaFiles(
  contracts: readonly Contract[],
  readCommitted: ReadCommitted,
  mode: CompatibilityMode = 'backward',
): { readonly write: readonly SchemaFile[]; readonly refused: readonly ContractFinding[] } {
  const checked = sorted(contracts).map((contract) => checkSchema(contract, readCommitted, mode));
  const isWritten = ({ code }: ContractFinding) =>
    code === 'schema-missing' || code === 'schema-outdated';
  return {
    write: checked.flatMap(({ file, findings }) => (findings.some(isWritten) ? [file] : [])),
    refused: checked.flatMap(({ findings }) => findings.filter((each) => !isWritten(each))),
  };
}

const sorted = (contracts: readonly Contract[]) =>
  [...contracts].sort((a, b) => byText(contractKey(a), contractKey(b)));

interface Checked {
  readonly file: SchemaFile;
  readonly findings: readonly ContractFinding[];
}

function checkSchema(
  contract: Contract,
  readCommitted: ReadCommitted,
  mode: CompatibilityMode,
): Checked {
  const file = schemaFileOf(contract);
  let schema: JsonSchema;
  try {
    schema = jsonSchemaOf(contract);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'its schema cannot be written';
    const fix = 'pass `jsonSchema` to defineContract(...), or correct what the message names';
    const findings = [finding(contract, 'schema-unknown', message, fix)];
    return { file: { file, text: '' }, findings };
  }
  const committed = { file, text: `${JSON.stringify(schema, null, 2)}\n` };
  return { file: committed, findings: compareFile(contract, schema, readCommitted(file), mode) };
}

function compareFile(
  contract: Contract,
  schema: JsonSchema,
  text: string | null,
  mode: CompatibilityMode,
): readonly ContractFinding[] {
  const file = schemaFileOf(contract);
  const run = `run \`${WRITE_SCHEMAS}\` and commit ${file}`;
  if (text === null) return [finding(contract, 'schema-missing', `${file} is missing`, run)];
  let before: unknown;
  try {
    before = JSON.parse(text);
  } catch {
    const fix = `restore ${file} from the version that is deployed`;
    return [finding(contract, 'schema-unreadable', `${file} is not JSON`, fix)];
  }
  const { breaks } = compatibility(before, schema, mode);
  if (breaks.length > 0) return breaks.map((each) => breakingFinding(contract, each));
  if (isEqual(before, schema)) return [];
  const message = `${file} is not what the contract says; the change breaks nobody`;
  return [finding(contract, 'schema-outdated', message, run)];
}

function breakingFinding(contract: Contract, found: Breaking): ContractFinding {
  const { version } = contract;
  const next = version + 1;
  const place = found.path === '' ? 'the event' : `field "${found.path}"`;
  const who = found.direction === 'forward' ? ' (for readers that are not updated yet)' : '';
  return {
    ...finding(
      contract,
      'schema-breaking',
      `${contract.name} v${version}: ${place}: ${found.message}${who}`,
      `raise the version to ${next} and write an upcaster: upcast: { ${version}: (v${version}) => v${next} }`,
    ),
    field: found.path,
  };
}

/** Files of other versions tell what was deployed before, and what is deployed elsewhere. */
function checkVersions(contract: Contract, readCommitted: ReadCommitted) {
  const { name, version } = contract;
  const findings: ContractFinding[] = [];
  const isCommitted = (each: number) =>
    readCommitted(schemaFileOf({ name, version: each })) !== null;
  if (isCommitted(version + 1)) {
    const message = `${name}: version ${version + 1} is committed, the code says ${version}`;
    const fix = `set the version back to ${version + 1}, or remove its file if it was never deployed`;
    findings.push(finding(contract, 'version-lowered', message, fix));
  }
  for (let each = 1; each < version; each += 1) {
    if (contract.reads(each) || !isCommitted(each)) continue;
    const message = `${name}: version ${each} is committed and can no longer be read`;
    const fix = `write an upcaster from version ${each}, or remove ${schemaFileOf({ name, version: each })} when no record of it remains`;
    findings.push(finding(contract, 'version-dropped', message, fix));
  }
  return findings;
}

/** @internal */
export function finding(
  { name, version }: Pick<ContractIdentity, 'name' | 'version'>,
  code: ContractFindingCode,
  message: string,
  fix: string,
): ContractFinding {
  return { code, contract: name, version, field: null, message, fix };
}

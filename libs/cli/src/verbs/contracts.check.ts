import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CompatibilityMode, Contract, ContractFinding } from 'millrace/contracts';
import type { Cli } from '../cli';
import { CliUsageError } from '../cli.errors';
import { EXIT_CODES } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { quoted } from '../input/time';
import { contractsLib } from '../lazy';
import type { Column } from '../output/columns';
import { contractOf } from '../project';
import { committedIn, corpusIn, foldersOf } from './contracts.files';

export interface CheckOptions {
  readonly mode: string;
}

export interface SchemaOptions extends CheckOptions {
  readonly write?: boolean;
}

const COLUMNS: ReadonlyArray<Column<ContractFinding>> = [
  { name: 'contract', value: ({ contract, version }) => `${contract} v${version}` },
  { name: 'finding', value: ({ code }) => code },
  { name: 'field', value: ({ field }) => field },
  { name: 'what', value: ({ message }) => message },
  { name: 'try', value: ({ fix }) => fix, shrinks: true },
];

/** `contracts check`: exit code 1 when a contract no longer fits what is committed. */
export async function checkProject(cli: Cli, options: CheckOptions): Promise<ExitCode> {
  const { contracts } = cli.requireProject();
  const { checkContracts, checkCorpus } = contractsLib();
  const folders = foldersOf(cli);
  const mode = modeOf(options.mode);
  const findings = [
    ...checkContracts(contracts, committedIn(folders.schemas), mode),
    ...checkCorpus(contracts, corpusIn(folders.corpus)),
  ];
  await tell(cli, findings);
  if (findings.length === 0) cli.output.note(`${contracts.length} contracts fit what is committed`);
  return findings.length === 0 ? EXIT_CODES.ok : EXIT_CODES.finding;
}

/** `contracts schema`: prints the schema of one, or writes those that are missing or out of date. */
export async function schemas(
  cli: Cli,
  name: string | undefined,
  options: SchemaOptions,
): Promise<ExitCode> {
  const project = cli.requireProject();
  const chosen = name === undefined ? project.contracts : [contractOf(project, name)];
  if (options.write === true) return write(cli, chosen, options);
  if (name === undefined) throw new CliUsageError({ message: 'name a contract, or give --write' });
  for (const contract of chosen) await document(cli, contractsLib().jsonSchemaOf(contract));
  return EXIT_CODES.ok;
}

async function write(
  cli: Cli,
  contracts: readonly Contract[],
  options: SchemaOptions,
): Promise<ExitCode> {
  const folder = foldersOf(cli).schemas;
  const mode = modeOf(options.mode);
  const plan = contractsLib().planSchemaFiles(contracts, committedIn(folder), mode);
  mkdirSync(folder, { recursive: true });
  for (const { file, text } of plan.write) writeFileSync(join(folder, file), text);
  if (plan.refused.length > 0) {
    await tell(cli, plan.refused);
    return EXIT_CODES.finding;
  }
  await cli.output.rows(
    [{ name: 'written', value: ({ file }) => file }],
    plan.write,
    ({ file }) => ({
      written: file,
    }),
  );
  if (plan.write.length === 0) cli.output.note('every committed schema is up to date');
  return EXIT_CODES.ok;
}

/** On a terminal a finding is a paragraph: what it says is longer than a line. */
async function tell(cli: Cli, findings: readonly ContractFinding[]): Promise<void> {
  if (cli.output.format !== 'table') {
    await cli.output.rows(COLUMNS, findings);
    return;
  }
  for (const { code, contract, version, message, fix } of findings) {
    await cli.output.paragraph([
      `${code}  ${contract} v${version}`,
      `  what    ${message}`,
      `  try     ${fix}`,
    ]);
  }
}

/** A document is JSON on a terminal too; `-o json` makes one line of it. */
export async function document(cli: Cli, content: unknown): Promise<void> {
  await cli.output.line(JSON.stringify(content, undefined, cli.globals.output === 'json' ? 0 : 2));
}

export function modeOf(text: string): CompatibilityMode {
  const modes = contractsLib().COMPATIBILITY_MODES;
  const mode = modes.find((each) => each === text);
  if (mode !== undefined) return mode;
  throw new CliUsageError({ message: `--mode is one of ${modes.join(', ')}, not ${quoted(text)}` });
}

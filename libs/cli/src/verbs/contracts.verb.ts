import type { Command } from 'commander';
import type { Contract } from 'millrace/contracts';
import type { Cli } from '../cli';
import { contractsLib } from '../lazy';
import type { Column } from '../output/columns';
import type { Perform } from '../program';
import { checkProject, document, schemas } from './contracts.check';
import type { CheckOptions, SchemaOptions } from './contracts.check';

const COLUMNS: ReadonlyArray<Column<Contract>> = [
  { name: 'contract', value: ({ name }) => name },
  { name: 'version', value: ({ version }) => version, align: 'right' },
  { name: 'topic', value: ({ topic }) => topic },
  { name: 'personal data', value: ({ personalData }) => personalData.join(', ') },
];

interface AsyncApiOptions {
  readonly title: string;
  readonly documentVersion: string;
}

/** `contracts`: what events look like, and whether that has changed. */
export function registerContracts(program: Command, perform: Perform): void {
  const command = program
    .command('contracts')
    .description('what events look like, and whether a change breaks their readers');
  command
    .command('ls')
    .description('the contracts of the project')
    .action(() => perform(list));
  command
    .command('check')
    .description('against committed schemas and events; exit 1 when readers would break')
    .option('--mode <mode>', 'backward, forward or full', 'backward')
    .action((options: CheckOptions) => perform((cli) => checkProject(cli, options)));
  command
    .command('schema')
    .description('JSON Schema of a contract')
    .argument('[contract]', 'name of the contract, or its topic')
    .option('--write', 'commits to the folder of the project what is missing or out of date')
    .option('--mode <mode>', 'of --write: backward, forward or full', 'backward')
    .action((name: string | undefined, options: SchemaOptions) =>
      perform((cli) => schemas(cli, name, options)),
    );
  command
    .command('asyncapi')
    .description('AsyncAPI 3.0 document of all contracts')
    .option('--title <title>', 'of the document', 'Events')
    .option('--document-version <version>', 'of the document', '1.0.0')
    .action((options: AsyncApiOptions) => perform((cli) => asyncApi(cli, options)));
}

async function list(cli: Cli): Promise<void> {
  const { contracts } = cli.requireProject();
  await cli.output.rows(COLUMNS, contracts, ({ name, version, topic, personalData }) => ({
    ...{ contract: name, version, topic, personalData },
  }));
}

async function asyncApi(cli: Cli, { title, documentVersion }: AsyncApiOptions): Promise<void> {
  const { contracts } = cli.requireProject();
  await document(cli, contractsLib().asyncApiOf(contracts, { title, version: documentVersion }));
}

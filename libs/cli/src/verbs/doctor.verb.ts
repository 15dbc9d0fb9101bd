import type { Command } from 'commander';
import { deepestMillraceError } from 'millrace/errors';
import type { Cli } from '../cli';
import type { Servers } from '../edge';
import { EXIT_CODES, exitCodeOf } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import type { Column } from '../output/columns';
import { number } from '../output/text';
import type { Perform } from '../program';
import { fine, wrong } from './doctor.finding';
import type { Finding } from './doctor.finding';
import { topicFindings } from './doctor.topics';

const NODE_FLOOR = [20, 19] as const;
/** Beyond it times of events and of servers contradict each other; unit ms. */
const MOST_SKEW_MS = 5_000;

const COLUMNS: ReadonlyArray<Column<Finding>> = [
  { name: 'state', value: ({ state }) => state },
  { name: 'what', value: ({ what }) => what },
  { name: 'found', value: ({ found }) => found, shrinks: true },
];
const PIPED: typeof COLUMNS = [...COLUMNS, { name: 'try', value: ({ fix }) => fix }];

/** `doctor`: looks at everything that a service needs, each cross with its fix. */
export function registerDoctor(program: Command, perform: Perform): void {
  program
    .command('doctor')
    .description('looks at node, project, settings, Kafka, topics, database and clocks')
    .action(() => perform(doctor));
}

async function doctor(cli: Cli): Promise<ExitCode> {
  const findings: Finding[] = [nodeFinding(process.versions.node), projectFinding(cli)];
  const settings = settingsFinding(cli);
  findings.push(settings);
  if (settings.state === 'ok') findings.push(...(await serverFindings(cli)));
  await print(cli, findings);
  const wrong = findings.filter(({ state }) => state === 'wrong');
  const unreachable = wrong.find(({ code }) => code === EXIT_CODES.connection);
  if (unreachable !== undefined) return EXIT_CODES.connection;
  return wrong.length === 0 ? EXIT_CODES.ok : EXIT_CODES.finding;
}

/** For people the fixes come below: they are longer than a column. */
async function print(cli: Cli, findings: readonly Finding[]): Promise<void> {
  const isTable = cli.output.format === 'table';
  const columns = isTable ? COLUMNS : PIPED;
  await cli.output.rows(columns, findings, ({ code: _code, ...finding }) => finding);
  const fixes = findings.flatMap(({ what, fix }) => (fix === null ? [] : [`${what}: ${fix}`]));
  if (!isTable || fixes.length === 0) return;
  await cli.output.head('try');
  await cli.output.paragraph(fixes);
}

/** @param version - as `process.versions.node` has it. */
export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [floorMajor, floorMinor] = NODE_FLOOR;
  const isEnough = major > floorMajor || (major === floorMajor && minor >= floorMinor);
  if (isEnough) return fine('node', version);
  return wrong('node', `${version}, ${NODE_FLOOR.join('.')} is needed`, 'install a newer Node');
}

function projectFinding(cli: Cli): Finding {
  try {
    const { project } = cli;
    if (project === undefined) {
      const fix = 'name its module: --project, or "millrace": { "project": ... } in package.json';
      return { what: 'project', state: 'warn', found: 'none is named', fix };
    }
    const services = Object.keys(project.services).length;
    return fine('project', `${project.contracts.length} contracts, ${services} services`);
  } catch (error) {
    return failed('project', error);
  }
}

function settingsFinding(cli: Cli): Finding {
  try {
    const { warnings } = cli.settings();
    return fine('settings', warnings.length === 0 ? 'valid' : `${warnings.length} warnings`);
  } catch (error) {
    return failed('settings', error);
  }
}

async function serverFindings(cli: Cli): Promise<readonly Finding[]> {
  const kafka = await looked('kafka', async () => {
    const { driver } = await cli.servers('kafka');
    return [fine('kafka', driver.address)];
  });
  const isThere = kafka.every(({ state }) => state === 'ok');
  const topics = isThere
    ? await looked('topics', async () => {
        const { driver } = await cli.servers('kafka');
        return topicFindings(driver.admin(), cli.project?.contracts ?? []);
      })
    : [];
  const database = await looked('database', async () =>
    databaseFindings(await cli.servers('database')),
  );
  return [...kafka, ...topics, ...database];
}

async function databaseFindings(servers: Servers): Promise<readonly Finding[]> {
  const { version, replicaSet, hasTransactions, clockSkewMs } = await servers.databaseFacts();
  const without = hasTransactions ? '' : ', without transactions';
  const kind =
    replicaSet === null
      ? `${version}, no replica set${without}`
      : `${version}, ${replicaSet}${without}`;
  const fix = 'run it as a replica set: majority writes and transactions need one';
  return [
    replicaSet === null
      ? { what: 'database', state: 'warn', found: kind, fix }
      : fine('database', kind),
    ...(clockSkewMs === null ? [] : [clockFinding(clockSkewMs)]),
  ];
}

function clockFinding(skewMs: number): Finding {
  const found = `${number(Math.abs(skewMs))} ms ${skewMs < 0 ? 'behind' : 'ahead of'} this machine`;
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return fine('clock', `the database is ${found}`);
  return wrong('clock', `the database is ${found}`, 'synchronise the clocks (NTP)');
}

async function looked(
  what: string,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    return [failed(what, error)];
  }
}

/** @throws what is no error of ours. */
function failed(what: string, error: unknown): Finding {
  const coded = deepestMillraceError(error);
  if (coded === undefined) throw error;
  const fix = coded.fixHere ?? coded.definition.fix;
  return { ...wrong(what, `${coded.code}: ${coded.message}`, fix), code: exitCodeOf(coded) };
}

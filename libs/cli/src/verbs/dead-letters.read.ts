import type { DeadLetterView, ValueMode } from 'millrace/operations';
import type { Cli } from '../cli';
import { actorOf } from '../confirm';
import { parseCount } from '../input/numbers';
import { parsePosition, positionText } from '../input/position';
import { jsonLine } from '../output/json';
import { number, plainText } from '../output/text';
import { GROUP_COLUMNS, LETTER_COLUMNS, letterJson } from './dead-letters.columns';
import { filterOf } from './dead-letters.filter';
import type { FilterOptions } from './dead-letters.filter';

export interface ListOptions extends FilterOptions {
  readonly limit: string;
  readonly summary?: boolean;
}

/** Shows values as they are, not masked. */
export interface RevealOptions {
  readonly reveal?: boolean;
  readonly reason?: string;
  readonly by?: string;
}

export type ExportOptions = FilterOptions & RevealOptions;

/** `dead-letters ls` */
export async function listLetters(cli: Cli, options: ListOptions): Promise<void> {
  const filter = filterOf(cli, options);
  const limit = parseCount('--limit', options.limit, { min: 1 });
  const { deadLetters } = (await cli.servers('kafka', 'database')).operations;
  const { output } = cli;
  if (options.summary === true) {
    const groups = await deadLetters.groups(filter);
    const count = await output.rows(GROUP_COLUMNS, groups, ({ ...group }) => group);
    if (count === 0) output.note('no dead letter fits');
    return;
  }
  // One more than is shown tells whether there are more.
  const letters = deadLetters.scan(filter, { limit: limit + 1, signal: cli.edge.signal });
  const count = await output.rows(
    LETTER_COLUMNS,
    first(letters, limit, () => tellMore(cli, limit)),
    letterJson,
  );
  if (count === 0) output.note('no dead letter fits');
}

function tellMore(cli: Cli, limit: number): void {
  cli.output.note(
    `the first ${number(limit)} are shown, there are more: --limit, --summary, or a narrower filter`,
  );
}

async function* first<T>(
  all: AsyncIterable<T>,
  limit: number,
  onMore: () => void,
): AsyncGenerator<T> {
  let count = 0;
  for await (const each of all) {
    if (count === limit) return onMore();
    count += 1;
    yield each;
  }
}

/** `dead-letters show` */
export async function showLetter(cli: Cli, text: string, options: RevealOptions): Promise<void> {
  const position = parsePosition(text);
  const values = await valuesOf(cli, position, options);
  const { operations } = await cli.servers('kafka', 'database');
  const view = await operations.deadLetters.show(position, { values });
  if (cli.output.isJson) {
    return cli.output.facts([], { ...view, letter: letterJson(view.letter) });
  }
  await showFacts(cli, view);
  await cli.output.head('headers');
  const columns = [
    { name: 'name', value: ([name]: readonly [string, string]) => name },
    { name: 'value', value: ([, value]: readonly [string, string]) => value, shrinks: true },
  ];
  await cli.output.rows(columns, view.headers);
  await cli.output.head(
    `value (${view.value.encoding}${view.value.truncated ? ', the beginning' : ''})`,
  );
  await cli.output.rows(
    [{ name: 'value', value: (line: string) => line }],
    linesOf(view.value.text),
  );
  const { masked, withheld } = view.value;
  if (masked.length > 0) cli.output.note(`masked: ${masked.join(', ')}; ${REVEAL}`);
  if (withheld !== null) cli.output.note(`the value is withheld (${withheld}); ${REVEAL}`);
}

async function showFacts(cli: Cli, { letter }: DeadLetterView): Promise<void> {
  const { original } = letter;
  await cli.output.facts(
    [
      ['position', positionText(letter.position)],
      ['reason', letter.reason],
      ['code', letter.errorCode],
      ['message', letter.errorMessage],
      ['group', letter.groupId],
      ['pipeline', letter.pipeline],
      ['original', original === null ? null : positionText(original)],
      ['key', letter.key],
      ['event id', letter.eventId],
      ['contract', letter.contract],
      ['attempts', letter.attempts],
      ['redriven', letter.redriveCount],
      ['failed', letter.failedAt],
      ['first failed', letter.firstFailedAt],
      ['value bytes', letter.valueBytes],
      ['parked', letter.parked],
    ],
    letter,
  );
}

const linesOf = (text: string) => text.split('\n').map(plainText);

const REVEAL = 'to see it as it is: --reveal --reason "why"';

/** Who sees personal data is kept, before it is shown. @throws {CliUsageError} CLI_USAGE without a reason. */
async function valuesOf(cli: Cli, target: unknown, options: RevealOptions): Promise<ValueMode> {
  if (options.reveal !== true) return 'masked';
  const actor = actorOf(cli, options);
  const { audit } = await cli.servers('database');
  const at = new Date(cli.edge.clock.now());
  await audit.append({ ...actor, at, action: 'dead-letters.reveal', target: plainJson(target) });
  return 'as-is';
}

/** Offsets as text. */
const plainJson = (value: unknown): unknown => JSON.parse(jsonLine(value));

/** `dead-letters export` */
export async function exportLetters(cli: Cli, options: ExportOptions): Promise<void> {
  const filter = filterOf(cli, options);
  const values = await valuesOf(cli, filter, options);
  const { deadLetters } = (await cli.servers('kafka', 'database')).operations;
  const bar = cli.progress('export');
  let count = 0;
  try {
    for await (const line of deadLetters.exportLines(filter, { values, signal: cli.edge.signal })) {
      await cli.output.line(line);
      bar.show((count += 1));
    }
  } finally {
    bar.end();
  }
}

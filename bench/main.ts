import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CaseName, CaseOrder } from './case-process';
import type { CaseFigures } from './cpu-window';
import { fillTopic } from './fill-topic';

/** Above it the framework costs too much: the build fails. */
const MAX_RATIO = 1.25;

const { values } = parseArgs({
  options: {
    output: { type: 'string', short: 'o', default: 'text' },
    rounds: { type: 'string', default: '7' },
    records: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
  },
});
const isQuiet = values.output === 'json';
const say = (line: string) => void (isQuiet || process.stdout.write(`${line}\n`));

async function main(): Promise<void> {
  const broker = process.env['KAFKA_BROKERS']?.split(',')[0];
  if (broker === undefined) throw new Error('KAFKA_BROKERS is not set: run it as npm run bench');
  const rounds = Number(values.rounds);
  const records = Number(values.records);
  say(`filling a topic with ${records} records`);
  const topic = await fillTopic(broker, records);
  const mongo = await startAbsorbingMongo();
  const figures: Record<CaseName, CaseFigures[]> = { handLoop: [], framework: [] };
  try {
    for (let round = 1; round <= rounds; round += 1) {
      for (const name of orderOf(round, Number(values.seed))) {
        const groupId = `bench-${process.pid}-${round}-${name}`;
        const warmUpRecords = Math.floor(records / 5);
        const totalRecords = records;
        const order = {
          name,
          broker,
          topic,
          groupId,
          mongoUri: mongo.uri,
          warmUpRecords,
          totalRecords,
        };
        const result = await runCase(order);
        figures[name].push(result);
        say(
          `round ${round}  ${name.padEnd(10)} ${result.cpuMicros.toFixed(2)} us CPU, ${result.wallMicros.toFixed(2)} us wall`,
        );
      }
    }
  } finally {
    mongo.child.kill('SIGTERM');
  }
  report(figures, rounds, records);
}

function report(figures: Record<CaseName, CaseFigures[]>, rounds: number, records: number): void {
  const cpuMicros = {
    handLoop: median(figures.handLoop.map((figure) => figure.cpuMicros)),
    framework: median(figures.framework.map((figure) => figure.cpuMicros)),
  };
  const ratio = cpuMicros.framework / cpuMicros.handLoop;
  const summary = {
    overheadMicros: rounded(cpuMicros.framework - cpuMicros.handLoop),
    ratio: rounded(ratio),
    maxRatio: MAX_RATIO,
    cpuMicros: { handLoop: rounded(cpuMicros.handLoop), framework: rounded(cpuMicros.framework) },
    wallMicros: {
      handLoop: rounded(median(figures.handLoop.map((figure) => figure.wallMicros))),
      framework: rounded(median(figures.framework.map((figure) => figure.wallMicros))),
    },
    rounds,
    records,
    seed: Number(values.seed),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
  };
  process.stdout.write(`${JSON.stringify(summary)}\n`);
  if (ratio > MAX_RATIO) process.exitCode = 1;
}

async function runCase(order: CaseOrder): Promise<CaseFigures> {
  const child = fork(join(__dirname, 'case-process.js'), { execArgv: process.execArgv });
  child.send(order);
  const answer = await Promise.race([once(child, 'message'), failedExit(child, order.name)]);
  return answer[0] as CaseFigures;
}

async function failedExit(child: ChildProcess, name: string): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null];
  throw new Error(`case ${name} ended with ${String(code)} before it had figures`);
}

async function startAbsorbingMongo(): Promise<{ child: ChildProcess; uri: string }> {
  const child = fork(join(__dirname, 'absorbing-mongo.js'), { execArgv: [] });
  const [port] = (await once(child, 'message')) as [number];
  return { child, uri: `mongodb://127.0.0.1:${port}/bench?replicaSet=rs0` };
}

/** A B or B A, decided by the seed, so that neither case always runs on the warmer machine. */
function orderOf(round: number, seed: number): readonly CaseName[] {
  const isSwapped = ((round * 2_654_435_761 + seed * 40_503) >>> 7) % 2 === 1;
  return isSwapped ? ['framework', 'handLoop'] : ['handLoop', 'framework'];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});

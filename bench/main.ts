import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readOptions } from './bench.options';
import { BenchRun } from './bench-run';
import { pageOf } from './bench.page';
import { reportOf, verdictLine } from './bench.report';
import { startAbsorbingMongo } from './case-runner';

const PAGE = join('docs', 'reports', 'bench.md');
/** What the figures depend on. */
const PACKAGES = ['kafkajs', 'mongodb', 'mongoose', 'zod', '@nestjs/microservices'];

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const say = (line: string) => void (options.isQuiet || process.stdout.write(`${line}\n`));
  const broker = process.env['KAFKA_BROKERS']?.split(',')[0];
  if (broker === undefined) throw new Error('KAFKA_BROKERS is not set: run it as npm run bench');
  const mongo = await startAbsorbingMongo();
  try {
    const result = await new BenchRun(options, { broker, mongoUri: mongo.uri }, say).run();
    const report = reportOf(result, options, packageVersions());
    for (const verdict of report.verdicts) say(verdictLine(verdict));
    if (options.writesPage) writePage(pageOf(report), say);
    process.stdout.write(`${JSON.stringify(report)}\n`);
    if (!report.passed) process.exitCode = 1;
  } finally {
    mongo.child.kill('SIGTERM');
  }
}

function writePage(page: string, say: (line: string) => void): void {
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, page);
  say(`wrote ${PAGE}`);
}

function packageVersions(): Record<string, string> {
  const entries = PACKAGES.map((name) => {
    const text = readFileSync(join('node_modules', name, 'package.json'), 'utf8');
    return [name, (JSON.parse(text) as { readonly version: string }).version] as const;
  });
  return Object.fromEntries(entries);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});

import type { BenchOptions } from './bench.options';
import type { CaseFigures, CaseName } from './bench.order';
import type { TopicName } from './case-plan';
import { contentOf, malformedRecordsOf, planOf } from './case-plan';
import { runCase } from './case-runner';
import { CaseTopics } from './case-topics';
import type { Gate, Measured, Verdict } from './gate';
import { orderOfRound } from './round-order';

/** Where a run finds its servers. */
export interface BenchServers {
  readonly broker: string;
  readonly mongoUri: string;
}

/** What a run measured. */
export interface BenchResult {
  readonly measured: Measured;
  readonly verdicts: readonly Verdict[];
}

/** Fills the topics, runs the rounds and judges them. */
export class BenchRun {
  private readonly figures: Partial<Record<CaseName, CaseFigures[]>> = {};
  private readonly topics: CaseTopics;

  constructor(
    private readonly options: BenchOptions,
    private readonly servers: BenchServers,
    private readonly say: (line: string) => void,
  ) {
    this.topics = new CaseTopics(servers.broker);
  }

  async run(): Promise<BenchResult> {
    const { gates, rounds } = this.options;
    await this.topics.open();
    try {
      await this.fillTopics();
      await this.runRounds(casesOf(gates), 1, rounds);
      const failed = gates.filter((gate) => this.judge(gate).some(({ passed }) => !passed));
      if (failed.length > 0) {
        // A busy machine fails a gate by chance; a slow framework fails it twice.
        this.say(`as many rounds again for ${failed.map(({ name }) => name).join(', ')}`);
        await this.runRounds(casesOf(failed), rounds + 1, 2 * rounds);
      }
      return { measured: this.figures, verdicts: gates.flatMap((gate) => this.judge(gate)) };
    } finally {
      await this.topics.close();
    }
  }

  private judge(gate: Gate): readonly Verdict[] {
    const malformedRecords = malformedRecordsOf(this.options.records);
    return gate.judge(this.figures, { malformedRecords });
  }

  private async fillTopics(): Promise<void> {
    const { gates, records } = this.options;
    const needed = new Set<TopicName>(casesOf(gates).map((name) => planOf(name, records).topic));
    for (const topic of needed) {
      const content = contentOf(topic, records);
      this.say(`filling ${topic} with ${content.records} records`);
      await this.topics.fill(content);
    }
  }

  private async runRounds(cases: readonly CaseName[], from: number, to: number): Promise<void> {
    for (let round = from; round <= to; round += 1) {
      for (const name of orderOfRound(cases, round, this.options.seed)) {
        const figures = await this.runOnce(name, round);
        (this.figures[name] ??= []).push(figures);
        this.say(lineOf(round, name, figures));
      }
    }
  }

  private async runOnce(name: CaseName, round: number): Promise<CaseFigures> {
    const { topic, ...plan } = planOf(name, this.options.records);
    const groupId = `bench-${process.pid}-${round}-${name}`;
    const deadLetterTopic = `${topic}.dead-letter`;
    const before = name === 'malformed' ? await this.topics.recordsIn(deadLetterTopic) : 0;
    const figures = await runCase({ name, topic, groupId, ...this.servers, ...plan });
    if (name !== 'malformed') return figures;
    // What counts is what the topic holds, not what the service says of itself.
    const written = (await this.topics.recordsIn(deadLetterTopic)) - before;
    return { ...figures, outcomes: { ...figures.outcomes, 'dead-letter': written } };
  }
}

function casesOf(gates: readonly Gate[]): readonly CaseName[] {
  return [...new Set(gates.flatMap(({ cases }) => cases))];
}

function lineOf(round: number, name: CaseName, figures: CaseFigures): string {
  const cpu = figures.cpuMicros.toFixed(2).padStart(8);
  const wall = figures.wallMicros.toFixed(2).padStart(8);
  const rss = Math.round(figures.peakRssBytes / 2 ** 20);
  if (name === 'idle') {
    const share = ((100 * figures.cpuMicros) / figures.wallMicros).toFixed(2);
    return `round ${round}  ${name.padEnd(18)} ${share} % of a core`;
  }
  return `round ${round}  ${name.padEnd(18)}${cpu} us CPU ${wall} us wall  loop p99 ${figures.loopDelayP99Ms.toFixed(1)} ms  ${rss} MiB`;
}

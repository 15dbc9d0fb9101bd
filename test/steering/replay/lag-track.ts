import { pause } from '../../reliability/harness/scenario';
import type { Scenario } from '../../reliability/harness/scenario';

const EVERY_MS = 250;

/** Samples the lag of the live groups while something goes on; unit records. */
export class LagTrack {
  private readonly samples: number[] = [];
  private isStopping = false;
  private readonly running: Promise<void>;

  constructor(private readonly scenario: Scenario) {
    this.running = this.run();
  }

  async stop(): Promise<this> {
    this.isStopping = true;
    await this.running;
    return this;
  }

  get count(): number {
    return this.samples.length;
  }

  /** @param share - 0.5 = the median. */
  quantile(share: number): number {
    const sorted = [...this.samples].sort((one, two) => one - two);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      this.samples.push(Number(await this.scenario.lag()));
      await pause(EVERY_MS);
    }
  }
}

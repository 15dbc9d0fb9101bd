import { pause } from './scenario';
import type { Scenario } from './scenario';

const STEP_MS = 200;

/** Movements that keep coming, a few at a time, until it is stopped. */
export class Load {
  private isStopping = false;
  private readonly running: Promise<void>;

  private constructor(
    private readonly scenario: Scenario,
    private readonly perSecond: number,
  ) {
    this.running = this.run();
    // Whoever waits for `stop` is told.
    this.running.catch(() => undefined);
  }

  static start(scenario: Scenario, { perSecond }: { readonly perSecond: number }): Load {
    return new Load(scenario, perSecond);
  }

  /** Resolves when the last movement is settled. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      const startedMs = performance.now();
      await this.scenario.source.send(Math.ceil((this.perSecond * STEP_MS) / 1_000));
      await pause(STEP_MS - (performance.now() - startedMs));
    }
  }
}

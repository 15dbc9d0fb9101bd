import { sleep, systemClock } from 'millrace/retry';
import { call } from './https-calls';

const BATCH = 10;
const EVERY_MS = 50;

/** Sends prices to the producer until it is told to stop, and remembers what was answered. */
export class SteadyLoad {
  /** Ids that were acknowledged. */
  readonly accepted: string[] = [];
  /** What was not answered with 200. */
  readonly failed: string[] = [];
  requests = 0;
  private isOver = false;
  private readonly sending: Promise<void>;

  constructor(
    private readonly url: string,
    private readonly caFile: string,
  ) {
    this.sending = this.send();
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.sending;
  }

  private async send(): Promise<void> {
    while (!this.isOver) {
      await this.sendOne();
      await sleep(systemClock, EVERY_MS);
    }
  }

  private async sendOne(): Promise<void> {
    const { caFile } = this;
    const items = Array.from({ length: BATCH }, (_, index) => ({
      ...{ metal: 'silver', price: 20 + index },
      observedAt: new Date(Date.UTC(2024, 0, 1) + this.requests * 1_000 + index).toISOString(),
    }));
    this.requests += 1;
    try {
      const { status, text } = await call(`${this.url}/produce/batch`, { caFile, body: items });
      if (status !== 200) throw new Error(`${status} ${text.slice(0, 200)}`);
      const { results } = JSON.parse(text) as { results: ReadonlyArray<{ eventId: string }> };
      this.accepted.push(...results.map(({ eventId }) => eventId));
    } catch (error) {
      this.failed.push((error as Error).message);
    }
  }
}

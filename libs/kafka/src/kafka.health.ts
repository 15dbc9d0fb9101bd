import type { HealthCheck, HealthState, Participant } from 'millrace/health';
import type { KafkaDriver } from 'millrace/pipeline';

const CONNECT_DEADLINE_MS = 10_000;
const KAFKA_ORDER = 10;

/** Connects the driver before everything that reads or publishes, closes it after. */
export class KafkaParticipant implements Participant {
  readonly name = 'kafka';
  readonly order = KAFKA_ORDER;

  constructor(private readonly driver: KafkaDriver) {}

  describe(): string {
    return `kafka ${this.driver.address}`;
  }

  async connect(): Promise<void> {
    await this.driver.connect({ deadlineMs: CONNECT_DEADLINE_MS });
  }

  async close({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    await this.driver.close({ deadlineMs });
  }
}

/** The last answer of the brokers, from memory. */
export class KafkaHealthCheck implements HealthCheck {
  readonly name = 'kafka';
  readonly critical = true;

  constructor(private readonly driver: KafkaDriver) {}

  read(): HealthState {
    const { connected, lastSuccessAgeMs, certificate } = this.driver.health();
    return {
      status: connected ? 'up' : 'down',
      brokers: this.driver.address,
      lastAnswerAgeMs: lastSuccessAgeMs === null ? null : Math.round(lastSuccessAgeMs),
      ...(certificate && { certificate }),
    };
  }
}

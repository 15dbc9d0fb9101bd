import { encodeEvent } from 'millrace/contracts';
import type { Contract } from 'millrace/contracts';
import { KafkajsDriver } from 'millrace/kafka';
import type { OutgoingRecord, ProducerPort, PublishResult } from 'millrace/pipeline';
import type { Movement } from '../service/movement';
import { accountName } from './movement-ledger';
import type { MovementLedger } from './movement-ledger';
import type { SeededRandom } from './seeded-random';

const RECORDS_PER_PUBLISH = 1_000;
const PUBLISH_DEADLINE_MS = 10_000;
const PAUSE_MS = 250;

export interface SourceOptions {
  readonly brokers: string;
  readonly contract: Contract<Movement>;
  readonly ledger: MovementLedger;
  readonly random: SeededRandom;
  /** In every movement: what must not leak. */
  readonly memo: string;
  /** How often a movement without an acknowledgement is sent again; default 40. */
  readonly tries?: number;
}

/** Publishes movements through Millrace's own producer, and keeps the ledger of them. */
export class MovementSource {
  private readonly driver: KafkajsDriver;
  private readonly producer: ProducerPort;
  /** Records in the topic that were sent a second time: on purpose, or after an answer that was lost. */
  repeatCount = 0;

  constructor(private readonly options: SourceOptions) {
    this.driver = new KafkajsDriver({
      brokers: options.brokers.split(','),
      clientId: 'reliability-source',
      requestTimeoutMs: 5_000,
    });
    this.producer = this.driver.producer({ name: 'movements' });
  }

  async connect(): Promise<void> {
    await this.driver.connect({ deadlineMs: 15_000 });
  }

  /**
   * Publishes new movements, the next sequence of random accounts. Resolves when each is settled.
   *
   * @param timestampMs - of all of their records; default: now; unit ms since the Unix epoch.
   */
  async send(count: number, timestampMs?: number): Promise<void> {
    const { ledger, random } = this.options;
    for (let rest = count; rest > 0; rest -= RECORDS_PER_PUBLISH) {
      const size = Math.min(rest, RECORDS_PER_PUBLISH);
      const fresh = Array.from({ length: size }, () =>
        ledger.open(random.below(ledger.accountCount)),
      );
      await this.publish(fresh, timestampMs);
    }
  }

  /** Sends old movements again, any of them: same ids, same events. */
  async repeat(count: number): Promise<void> {
    const { ledger, random } = this.options;
    if (ledger.size === 0) return;
    for (let rest = count; rest > 0; rest -= RECORDS_PER_PUBLISH) {
      const size = Math.min(rest, RECORDS_PER_PUBLISH);
      this.repeatCount += size;
      await this.publish(Array.from({ length: size }, () => random.below(ledger.size)));
    }
  }

  async close(): Promise<void> {
    await this.producer.close({ deadlineMs: 5_000 });
    await this.driver.close({ deadlineMs: 5_000 });
  }

  /** As a careful client does: again, under the same ids, until each is acknowledged. */
  private async publish(indexes: readonly number[], timestampMs?: number): Promise<void> {
    let open = indexes;
    for (let tries = this.options.tries ?? 40; tries > 0 && open.length > 0; tries -= 1) {
      const results = await this.producer.publish(
        open.map((index) => ({
          ...this.record(index),
          ...(timestampMs === undefined ? {} : { timestampMs }),
        })),
        { deadlineMs: PUBLISH_DEADLINE_MS },
      );
      open = open.filter((index, at) => !this.settle(index, results[at]));
      if (open.length > 0) await new Promise((wake) => setTimeout(wake, PAUSE_MS));
    }
  }

  private settle(index: number, result: PublishResult | undefined): boolean {
    const { ledger } = this.options;
    if (result?.status === 'acked') {
      ledger.acknowledge(index, result.partition, result.offset);
      return true;
    }
    const state = result?.status ?? 'unknown';
    if (state === 'unknown') this.repeatCount += 1;
    ledger.refuse(index, state);
    return false;
  }

  private record(index: number): OutgoingRecord {
    const { contract, ledger, memo } = this.options;
    const id = ledger.idOf(index);
    const movement = {
      ...{ id, memo, account: accountName(ledger.accountOf(index)) },
      ...{ sequence: ledger.sequenceOf(index), amount: (index * 7_919) % 10_000 },
    };
    const origin = { eventId: id, source: 'reliability', nowMs: Date.now() };
    return { topic: contract.topic, ...encodeEvent(contract, movement, origin) };
  }
}

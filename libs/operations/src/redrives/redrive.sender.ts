import type { OutgoingRecord, ProducerPort, PublishResult } from 'millrace/pipeline';
import type { Clock, Random } from 'millrace/retry';
import { exponential, sleep } from 'millrace/retry';
import type { RedriveTargets } from './redrive.targets';

export interface RedriveSenderParts {
  readonly producer: () => ProducerPort;
  readonly targets: Pick<RedriveTargets, 'check'>;
  readonly clock: Clock;
  readonly random: Random;
}

const PUBLISH_DEADLINE_MS = 10_000;
const AGAIN = exponential({ initialMs: 200, maxMs: 10_000 });

/** Brings records to the lanes of redrives. */
export class RedriveSender {
  constructor(private readonly parts: RedriveSenderParts) {}

  /**
   * Resolves when all in-sync replicas have every record that a topic takes; tries as long as it
   * takes, so a record may be there twice.
   *
   * @returns how many no topic takes, because of their size.
   * @throws {MillraceError} fatal as the brokers say; REDRIVE_TARGET_MISSING; the reason of the signal.
   */
  async send(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<number> {
    const { producer, targets, clock, random } = this.parts;
    let left = records;
    let refused = 0;
    for (let attempt = 1; left.length > 0; attempt += 1) {
      const results = await producer().publish(left, { deadlineMs: PUBLISH_DEADLINE_MS });
      refused += results.filter(isRefused).length;
      throwFatal(results);
      left = left.filter((_, index) => !isAcked(results[index]) && !isRefused(results[index]));
      if (left.length === 0) break;
      await targets.check();
      await sleep(clock, AGAIN.delayMs(attempt, random), signal);
    }
    return refused;
  }
}

const isAcked = (result: PublishResult | undefined) => result?.status === 'acked';
const isRefused = (result: PublishResult | undefined) =>
  result?.status === 'failed' && result.error.failure === 'permanent';

function throwFatal(results: readonly PublishResult[]): void {
  for (const result of results) {
    if (result.status === 'failed' && result.error.failure === 'fatal') throw result.error;
  }
}

import { Logger } from '@nestjs/common';
import type { EachBatchPayload } from 'kafkajs';
import type { BatchHandler, FetchedBatch, Offset } from 'millrace/pipeline';
import { sleep } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import { isStaleGeneration } from '../kafka.translation';
import { toFetchedBatch } from './fetched-batch';
import type { Membership } from './membership';

const FAULT_WAIT_MS = 1_000;

export interface BatchDeliveryOptions {
  readonly handler: BatchHandler;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly heartbeatIntervalMs: number;
  /** Moves the position to an offset outside the batch. */
  readonly seek: (batch: FetchedBatch, offset: Offset) => void;
}

/**
 * Hands fetched batches to the core and moves the read position by its answer.
 *
 * Total: nothing that the core throws reaches kafkajs, which would decide about it by the name of
 * its class. What is not answered is fetched again.
 */
export class BatchDelivery {
  private readonly logger = new Logger('Kafka');

  constructor(private readonly options: BatchDeliveryOptions) {}

  /** kafkajs' `eachBatch`. */
  async deliver(payload: EachBatchPayload): Promise<void> {
    const { membership } = this.options;
    // Paused, sought or revoked since the fetch: the records come again.
    if (!membership.isOpen(payload.batch) || payload.isStale()) return;
    const { epoch } = membership.control;
    const batch = toFetchedBatch(payload.batch);
    const resume = await this.ask(batch, payload);
    const isOver = membership.control.epoch !== epoch || membership.phase !== 'assigned';
    if (resume === null || isOver || payload.isStale()) return;
    this.move(batch, resume, payload);
  }

  private async ask(batch: FetchedBatch, payload: EachBatchPayload): Promise<Offset | null> {
    const stopHeartbeats = this.heartbeatWhileOpen(payload);
    try {
      const { resume } = await this.options.handler(batch, this.options.membership.control);
      return resume;
    } catch (error) {
      const { topic, partition } = batch;
      this.logger.error(
        { event: 'kafka.batch.failed', topic, partition, err: error },
        'the core failed on a batch; it is fetched again',
      );
      await sleep(this.options.clock, FAULT_WAIT_MS);
      return null;
    } finally {
      stopHeartbeats();
    }
  }

  private move(batch: FetchedBatch, resume: Offset, payload: EachBatchPayload): void {
    const first = batch.records[0]?.offset ?? batch.nextOffset;
    this.options.membership.moveTo(batch, resume);
    // kafkajs reads on behind the offset it is given.
    if (resume > first && resume <= batch.nextOffset) payload.resolveOffset(String(resume - 1n));
    else this.options.seek(batch, resume);
  }

  /** kafkajs sends no heartbeat while a batch is open. */
  private heartbeatWhileOpen({ heartbeat }: EachBatchPayload): () => void {
    const { clock, heartbeatIntervalMs, membership } = this.options;
    let isOpen = true;
    let cancel = (): void => undefined;
    const arm = (): void => {
      if (isOpen) cancel = clock.setTimer(beat, heartbeatIntervalMs);
    };
    const beat = (): void => {
      heartbeat().then(arm, (error: unknown) => {
        if (isStaleGeneration(error)) membership.revoke('revoked');
        else arm();
      });
    };
    arm();
    return () => {
      isOpen = false;
      cancel();
    };
  }
}

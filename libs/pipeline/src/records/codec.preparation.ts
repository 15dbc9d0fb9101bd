import { Logger } from '@nestjs/common';
import type { Codec } from 'millrace/contracts';
import type { MillraceError } from 'millrace/errors';
import type { Clock, Random } from 'millrace/retry';
import { classify } from '../failures/classification';
import { DEFAULT_POLICY } from '../failures/policy';
import { Waits } from '../failures/waits';
import type { Gates } from '../gates/gates';
import type { Dependency } from '../ports/dependency';
import type { KafkaRecord } from '../ports/record';

export interface CodecPreparationParts {
  readonly codec: Codec;
  readonly gates: Gates;
  readonly dependencies: ReadonlyMap<string, Dependency>;
  readonly onFatal: (error: MillraceError) => void;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Lets a codec fetch what it needs before the records of a slice are read.
 *
 * Promises: one call for each slice, again only after an error of infrastructure, which closes the
 * gate of its dependency and makes no dead letter. Any other error is left to `decode`, which names
 * the records that it is about.
 */
export class CodecPreparation {
  private readonly logger = new Logger('Codec');
  private readonly waits: Waits;

  constructor(private readonly parts: CodecPreparationParts) {
    this.waits = new Waits(parts);
  }

  /** @throws the reason of the signal, when the wait is given up. */
  async prepare(records: readonly KafkaRecord[], signal: AbortSignal): Promise<void> {
    const { codec, dependencies } = this.parts;
    const values = records.flatMap(({ value }) => (value === null ? [] : [value]));
    for (let round = 1; values.length > 0; round += 1) {
      try {
        await codec.prepare?.(values);
        return;
      } catch (thrown) {
        signal.throwIfAborted();
        const verdict = classify(thrown, DEFAULT_POLICY, dependencies.values());
        if (verdict.kind !== 'wait') return;
        this.report(verdict.error, round);
        await this.waits.until(verdict, signal, round);
      }
    }
  }

  private report({ code, message }: MillraceError, attempt: number): void {
    this.logger.warn(
      { event: 'codec.waiting', error_code: code, attempt },
      `records wait for what their codec needs: ${message}`,
    );
  }
}

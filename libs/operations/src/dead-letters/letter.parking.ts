import type { Actor, AuditLog, LetterPosition, ParkedLetters } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { auditOf } from '../actor';
import { filterInvalid } from './letter.filter';

/** Of one call; unit letters. */
const MAX_POSITIONS = 1_000;

export interface LetterParkingParts {
  readonly parked: ParkedLetters;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly clock: Clock;
  /** Kafka's timestamp of the letter at a position; refuses one that is not there; unit ms. */
  readonly timestampOf: (position: LetterPosition) => Promise<number>;
}

/** Puts dead letters aside and takes them back; audited first. */
export class LetterParking {
  constructor(private readonly parts: LetterParkingParts) {}

  async park(positions: readonly LetterPosition[], actor: Actor): Promise<void> {
    const audit = auditOf(actor, this.parts.clock);
    const letters: Array<LetterPosition & { readonly timestampMs: number }> = [];
    // All are looked up before the first is parked: all or none.
    for (const position of wholeOf(positions)) {
      letters.push({ ...position, timestampMs: await this.parts.timestampOf(position) });
    }
    await this.note('dead-letters.park', letters, audit);
    await this.parts.parked.park(letters, audit);
  }

  async unpark(positions: readonly LetterPosition[], actor: Actor): Promise<number> {
    const audit = auditOf(actor, this.parts.clock);
    const whole = wholeOf(positions);
    await this.note('dead-letters.unpark', whole, audit);
    return this.parts.parked.unpark(whole, audit);
  }

  private async note(
    action: string,
    letters: readonly LetterPosition[],
    audit: ReturnType<typeof auditOf>,
  ): Promise<void> {
    const positions = letters.map(
      ({ topic, partition, offset }) => `${topic}/${partition}@${offset}`,
    );
    await this.parts.audit.append({ ...audit, action, target: { letters: positions } });
  }
}

function wholeOf(positions: readonly LetterPosition[]): readonly LetterPosition[] {
  const { length } = positions;
  if (length === 0 || length > MAX_POSITIONS) {
    throw filterInvalid(
      'positions',
      `${length} are given, 1 to ${MAX_POSITIONS} are allowed at once`,
    );
  }
  return positions.map(({ topic, partition, offset }) => ({ topic, partition, offset }));
}

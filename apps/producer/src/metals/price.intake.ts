import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS } from 'millrace/config';
import type { Settings } from 'millrace/config';
import { ContractInvalidError, validateEvent } from 'millrace/contracts';
import type { ContractIssue } from 'millrace/contracts';
import type { MillraceError } from 'millrace/errors';
import { PriceQuoted } from 'millrace/events';
import { CLOCK } from 'millrace/pipeline';
import type { PublishOutcome } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { producerSettings } from '../producer.config';
import type { ProducerSettings } from '../producer.config';
import { EventTimeImplausibleError } from '../producer.errors';
import { implausibleTime } from './observed-at.window';
import { PricePublisher } from './price.publisher';
import type { PriceToPublish } from './price.publisher';

/** One thing that a client sent: a decoded value, or the reason why it could not be decoded. */
export type IntakeItem = { readonly eventId: string } & (
  { readonly value: unknown } | { readonly error: MillraceError }
);

type Checked = PriceToPublish | { readonly eventId: string; readonly error: MillraceError };

/** Takes prices in from HTTP: defaults, checks, then the acknowledgement of Kafka. */
@Injectable()
export class PriceIntake {
  private readonly settings: ProducerSettings;

  constructor(
    private readonly publisher: PricePublisher,
    @Inject(SETTINGS) settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.settings = settings.get(producerSettings);
  }

  /**
   * Publishes what is valid; one outcome per item, in order. Never rejects: a bad item stops no other.
   *
   * A value may leave out `observedAt` (default now) and `currency` (default USD).
   */
  async take(items: readonly IntakeItem[]): Promise<readonly PublishOutcome[]> {
    const checked = items.map((item) => this.check(item));
    const valid = checked.filter((item): item is PriceToPublish => 'event' in item);
    const published = await this.publisher.publishAll(valid, this.settings.publishDeadlineMs);
    const answers = published.values();
    return checked.map((item) => ('error' in item ? item : (answers.next().value ?? lost(item))));
  }

  private check(item: IntakeItem): Checked {
    if ('error' in item) return item;
    const { eventId } = item;
    const value = this.withDefaults(item.value);
    const validated = validateEvent(PriceQuoted, value);
    const issues: ContractIssue[] = 'issues' in validated ? [...validated.issues] : [];
    const nowMs = this.clock.now();
    const implausible = implausibleTime(observedAtOf(value), nowMs, this.settings);
    if (implausible !== undefined) issues.push(implausible);
    if ('event' in validated && implausible === undefined) {
      return { eventId, event: validated.event };
    }
    const problem = 'event' in validated ? EventTimeImplausibleError : ContractInvalidError;
    return { eventId, error: new problem({ message: textOf(issues), facts: { issues } }) };
  }

  private withDefaults(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return { observedAt: new Date(this.clock.now()).toISOString(), currency: 'USD', ...value };
  }
}

function observedAtOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'observedAt' in value
    ? value.observedAt
    : undefined;
}

function textOf(issues: readonly ContractIssue[]): string {
  return issues
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; ');
}

function lost({ eventId }: PriceToPublish): never {
  throw new Error(`the publisher did not answer for event ${eventId}`);
}

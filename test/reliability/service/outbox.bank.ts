import { randomInt, randomUUID } from 'node:crypto';
import type { Contract } from 'millrace/contracts';
import type { MongoConnection, Outbox } from 'millrace/mongo';
import type { ClientSession } from 'mongodb';
import type { Movement } from './movement';
import { ACCOUNTS, BOOKED } from './outbox.messages';
import type { OutboxMessage, OutboxWorkload } from './outbox.messages';

interface AccountDocument {
  readonly _id: string;
  readonly sequence: number;
}

interface BookedDocument {
  /** The event id. */
  readonly _id: string;
  readonly account: string;
  readonly sequence: number;
}

const MOST_EVENTS = 3;
/** A killed process leaves its transaction open, and what it changed locked, until the server ends it. */
const MOST_ATTEMPTS = 3;

/** Books movements: account, history and events change together or not at all. */
export class OutboxBank {
  private readonly sessions = new Set<string>();

  constructor(
    private readonly outbox: Outbox,
    private readonly connection: MongoConnection,
    private readonly contract: Contract<Movement>,
    private readonly workload: OutboxWorkload,
    private readonly tell: (message: OutboxMessage) => void,
  ) {}

  /** Books one transaction after the other. */
  async write(isOpen: () => boolean): Promise<void> {
    while (isOpen()) {
      const account = `account-${randomInt(this.workload.accounts)}`;
      const isGivenUp = Math.random() < this.workload.abortRatio;
      let eventIds: readonly string[] = [];
      let attempts = 0;
      try {
        await this.outbox.transaction(async (session) => {
          attempts += 1;
          if (attempts > MOST_ATTEMPTS) throw new Error('the account is locked');
          this.tellSession(session);
          eventIds = await this.book(account, session);
          if (isGivenUp) throw new Error('given up on purpose');
        });
        this.tell({ kind: 'committed', events: eventIds.length });
      } catch {
        if (isGivenUp && attempts <= MOST_ATTEMPTS) this.tell({ kind: 'aborted', eventIds });
      }
    }
  }

  /** Whoever kills this process ends what it leaves open. */
  private tellSession(session: ClientSession): void {
    const id = session.id?.id.toString('base64') ?? '';
    if (this.sessions.has(id)) return;
    this.sessions.add(id);
    this.tell({ kind: 'session', id });
  }

  private async book(account: string, session: ClientSession): Promise<readonly string[]> {
    const count = 1 + randomInt(MOST_EVENTS);
    const accounts = this.connection.collection<AccountDocument>(ACCOUNTS);
    const booked = this.connection.collection<BookedDocument>(BOOKED);
    // The event comes before the change of the account: nothing but the outbox orders them.
    const movements = Array.from({ length: count }, () => randomUUID());
    const before = await accounts.findOne({ _id: account }, { session });
    let sequence = before?.sequence ?? 0;
    for (const id of movements) {
      sequence += 1;
      const movement = { account, id, sequence, amount: 1, memo: 'booked' };
      await this.outbox.publish(this.contract, movement, { session, eventId: id });
      await booked.insertOne({ _id: id, account, sequence }, { session });
    }
    const change = { $set: { sequence } };
    await accounts.updateOne({ _id: account }, change, { upsert: true, session });
    return movements;
  }
}

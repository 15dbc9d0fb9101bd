import { defineContract } from 'millrace/contracts';
import type { Contract } from 'millrace/contracts';
import { z } from 'zod';

/** Money that moved on an account: what the workload stores, adds up and puts in order. */
export interface Movement {
  /** Key of the record. */
  readonly account: string;
  /** Also the event id. */
  readonly id: string;
  /** Rises by one with every movement of its account; the version of the balance. */
  readonly sequence: number;
  readonly amount: number;
  /** Free text of a person: must appear in no log, metric or header. */
  readonly memo: string;
}

const schema = z.strictObject({
  account: z.string().min(1).max(32),
  id: z.string().min(1).max(64),
  sequence: z.number().int().min(1),
  amount: z.number().int(),
  memo: z.string().max(64),
});

/** @param topic - every scenario has a topic of its own. */
export function movementContract(topic: string): Contract<Movement> {
  return defineContract({
    name: 'bank.movement.booked',
    version: 1,
    topic,
    key: (movement: Movement) => movement.account,
    schema,
  });
}

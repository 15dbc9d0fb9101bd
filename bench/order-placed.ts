import { defineContract } from 'millrace/contracts';
import type { Contract } from 'millrace/contracts';
import { z } from 'zod';

/** Ten fields, one array, one nested object, about 250 bytes of JSON. */
export const orderSchema = z.strictObject({
  id: z.string().length(36),
  type: z.string().max(64),
  source: z.string().max(64),
  occurredAt: z.string().max(40),
  userId: z.string().max(64),
  amount: z.number().min(0),
  currency: z.string().length(3),
  items: z.number().int().min(1),
  tags: z.array(z.string().max(32)).max(16),
  meta: z.strictObject({ ip: z.string(), v: z.number().int() }),
});
export type OrderPlaced = z.output<typeof orderSchema>;

/** The contract of the bench on one of its topics. */
export function orderPlaced(topic: string): Contract<OrderPlaced> {
  return defineContract({
    name: 'bench.order.placed',
    version: 1,
    topic,
    key: (event) => event.userId,
    schema: orderSchema,
  });
}

const TYPES = ['order.created', 'order.paid', 'order.shipped', 'order.closed'] as const;

/** Makes distinct events, so that nothing is folded into a constant. */
export function orderNumber(index: number): OrderPlaced {
  return {
    id: `00000000-0000-4000-a000-${index.toString(16).padStart(12, '0')}`,
    type: TYPES[index % TYPES.length] ?? TYPES[0],
    source: 'checkout',
    occurredAt: new Date(1_795_000_000_000 + index * 137).toISOString(),
    userId: `u-${1_000_000 + ((index * 7_919) % 8_999_999)}`,
    amount: ((index * 104_729) % 10_000_000) / 100,
    currency: 'EUR',
    items: 1 + (index % 9),
    tags: ['web', 'promo'],
    meta: { ip: `10.${index % 256}.${(index * 7) % 256}.3`, v: 2 },
  };
}

/** The document that all cases write. */
export function orderDocument(event: OrderPlaced): Record<string, unknown> {
  return { ...event, occurredAt: new Date(event.occurredAt) };
}

import { defineSettings, serviceSettings, text } from 'millrace/config';
import { defineContract } from 'millrace/contracts';
import { z } from 'zod';
import { defineProject } from '../project';

/** A contract of tests; with personal data. */
export const OrderPlaced = defineContract({
  name: 'orders.order.placed',
  version: 2,
  topic: 'orders',
  key: ({ orderId }) => orderId,
  schema: z.strictObject({
    orderId: z.string(),
    amount: z.number('must be a number above 0').positive('must be a number above 0'),
    customer: z.strictObject({ email: z.string() }).optional(),
  }),
  upcast: { 1: (older: Readonly<Record<string, unknown>>) => older },
  personalData: ['customer.email'],
  topicSettings: { partitions: 3 },
});

/** A contract without personal data. */
export const OrderShipped = defineContract({
  name: 'orders.order.shipped',
  version: 1,
  topic: 'shipments',
  schema: z.strictObject({ orderId: z.string() }),
});

/** Settings of tests: one is secret, one is required. */
export const ordersSettings = defineSettings('orders', {
  currency: { env: 'ORDERS_CURRENCY', schema: text, default: 'EUR', description: 'Currency.' },
  token: { env: 'ORDERS_TOKEN', schema: text, secret: true, description: 'A secret.' },
});

export const project = defineProject({
  contracts: [OrderPlaced, OrderShipped],
  services: { orders: [serviceSettings, ordersSettings], audit: [serviceSettings] },
});

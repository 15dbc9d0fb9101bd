import { MongoSink } from 'millrace/mongo';
import type { MongoSinkOptions } from 'millrace/mongo';
import type { BenchTarget } from '../bench.order';
import type { MeasuringWindow } from '../measuring-window';
import type { OrderPlaced } from '../order-placed';
import { orderDocument, orderPlaced } from '../order-placed';
import { startFramework } from './framework-app';

/** The candidate of the insert pair: a sink without a handler. */
export async function runFrameworkInsert(
  target: BenchTarget,
  window: MeasuringWindow,
): Promise<void> {
  await runSink(target, window, {});
}

/** The candidate of the guard pair: a newer event replaces an older one. */
export async function runFrameworkGuard(
  target: BenchTarget,
  window: MeasuringWindow,
): Promise<void> {
  await runSink(target, window, { version: (event) => event.occurredAt });
}

async function runSink(
  target: BenchTarget,
  window: MeasuringWindow,
  options: Pick<MongoSinkOptions<OrderPlaced>, 'version'>,
): Promise<void> {
  @MongoSink(orderPlaced(target.topic), {
    groupId: target.groupId,
    collection: 'orders',
    id: (_event, record) => record.eventId,
    document: (event) => orderDocument(event),
    ...options,
  })
  class OrderSink {}

  await startFramework(target, window, { providers: [OrderSink] });
}

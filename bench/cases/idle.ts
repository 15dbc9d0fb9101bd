import { MongoSink } from 'millrace/mongo';
import type { BenchTarget } from '../bench.order';
import type { MeasuringWindow } from '../measuring-window';
import { orderDocument, orderPlaced } from '../order-placed';
import { startFramework } from './framework-app';

/** Until V8 has given back what the start took. */
const SETTLE_MS = 20_000;
const MEASURE_MS = 15_000;

/** A service like the processor, two sinks in two groups, on a topic without records. */
export async function runIdle(target: BenchTarget, window: MeasuringWindow): Promise<void> {
  const contract = orderPlaced(target.topic);
  const document = orderDocument;

  @MongoSink(contract, {
    groupId: `${target.groupId}-all`,
    collection: 'orders',
    id: (_event, record) => record.eventId,
    document,
  })
  class EverySink {}

  @MongoSink(contract, {
    groupId: `${target.groupId}-latest`,
    collection: 'latest',
    id: (event) => event.userId,
    version: (event) => event.occurredAt,
    document,
  })
  class LatestSink {}

  await startFramework(target, window, { providers: [EverySink, LatestSink] });
  setTimeout(() => window.measureFor(MEASURE_MS), SETTLE_MS);
}

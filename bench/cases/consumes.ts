import { Controller } from '@nestjs/common';
import { Consumes } from 'millrace/pipeline';
import type { BenchTarget } from '../bench.order';
import type { MeasuringWindow } from '../measuring-window';
import type { OrderPlaced } from '../order-placed';
import { orderPlaced } from '../order-placed';
import { startFramework } from './framework-app';

/** The candidate of the single-event pair: a handler that keeps nothing, with a validated event. */
export async function runConsumes(target: BenchTarget, window: MeasuringWindow): Promise<void> {
  const state = { amount: 0 };

  @Controller()
  class OrderController {
    @Consumes(orderPlaced(target.topic), { groupId: target.groupId })
    async onOrder(order: OrderPlaced): Promise<void> {
      state.amount += order.amount;
    }
  }

  await startFramework(target, window, { controllers: [OrderController] });
}

import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { BenchTarget } from '../bench.order';
import type { MeasuringWindow } from '../measuring-window';
import type { OrderPlaced } from '../order-placed';
import { startStockNest } from './stock-nest';

/** The peer of the single-event pair: Nest's own transport, which parses the value and does not validate it. */
export async function runEventPattern(target: BenchTarget, window: MeasuringWindow): Promise<void> {
  const state = { amount: 0 };

  @Controller()
  class OrderController {
    @EventPattern(target.topic)
    async onOrder(@Payload() order: OrderPlaced): Promise<void> {
      state.amount += order.amount;
      window.add(1);
    }
  }

  await startStockNest(target, OrderController);
}

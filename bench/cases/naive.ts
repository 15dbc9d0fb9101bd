import { Controller, UsePipes, ValidationPipe } from '@nestjs/common';
import type { ValidationPipeOptions } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { Schema, connect } from 'mongoose';
import type { BenchTarget } from '../bench.order';
import type { MeasuringWindow } from '../measuring-window';
import type { OrderPlaced } from '../order-placed';
import { orderDocument, orderSchema } from '../order-placed';
import { startStockNest } from './stock-nest';

class OrderMessage {}

/**
 * Nest's ValidationPipe as it is, with a validator that the project has anyway. class-validator
 * would take about 10 us more per record, so the naive path looks better here than it is.
 */
const VALIDATION: ValidationPipeOptions = {
  validatorPackage: {
    validate: (order) => {
      const parsed = orderSchema.safeParse(order);
      if (parsed.success) return [];
      return [{ property: 'order', constraints: { schema: 'is not valid' }, children: [] }];
    },
  },
  transformerPackage: {
    plainToInstance: (type, plain) => Object.assign(new type() as object, plain) as never,
    classToPlain: (order) => ({ ...(order as object) }),
  },
};

const documentSchema = new Schema({
  _id: { type: String, required: true },
  id: { type: String, required: true },
  type: { type: String, required: true },
  source: { type: String, required: true },
  occurredAt: { type: Date, required: true },
  userId: { type: String, required: true },
  amount: { type: Number, required: true, min: 0 },
  currency: { type: String, required: true },
  items: { type: Number, required: true, min: 1 },
  tags: [String],
  meta: { ip: String, v: Number },
});

/** What many services do: Nest's transport, a validation pipe, one `Model.create` per record. */
export async function runNaive(target: BenchTarget, window: MeasuringWindow): Promise<void> {
  const { connection } = await connect(target.mongoUri, { autoIndex: false, autoCreate: false });
  const Order = connection.model('Order', documentSchema, 'orders');

  @Controller()
  class OrderController {
    @EventPattern(target.topic)
    @UsePipes(new ValidationPipe(VALIDATION))
    async onOrder(@Payload() message: OrderMessage): Promise<void> {
      const order = message as OrderPlaced;
      await Order.create({ ...orderDocument(order), _id: order.id });
      window.add(1);
    }
  }

  await startStockNest(target, OrderController);
}

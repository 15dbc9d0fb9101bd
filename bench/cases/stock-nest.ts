import { Module } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { logLevel } from 'kafkajs';
import type { BenchTarget } from '../bench.order';

/** Starts a service on Nest's own Kafka transport, with the defaults that its users have. */
export async function startStockNest(target: BenchTarget, controller: Type): Promise<void> {
  @Module({ controllers: [controller] })
  class StockModule {}

  const app = await NestFactory.createMicroservice<MicroserviceOptions>(StockModule, {
    logger: ['error'],
    transport: Transport.KAFKA,
    options: {
      client: { clientId: 'bench', brokers: [target.broker], logLevel: logLevel.ERROR },
      consumer: { groupId: target.groupId },
      subscribe: { fromBeginning: true },
      // It only answers events; a producer would be one more connection.
      producerOnlyMode: false,
    },
  });
  await app.listen();
}

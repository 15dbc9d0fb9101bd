import { describeKafkaDriver } from './conformance/driver-suite';
import { MemoryBroker } from './memory-broker';
import { MemoryDriver } from './memory.driver';

const broker = new MemoryBroker({ sessionTimeoutMs: 200 });

describeKafkaDriver('the in-memory driver [DX-01]', {
  createDriver: () => new MemoryDriver({ broker }),
  features: {
    kill: (driver) => {
      if (driver instanceof MemoryDriver) driver.kill();
    },
    deleteRecords: async (topic, partition, before) =>
      broker.deleteRecords(topic, partition, before),
    sessionTimeoutMs: 200,
    createUnreachable: () => {
      const down = new MemoryBroker();
      down.faults.brokerDown();
      return new MemoryDriver({ broker: down });
    },
  },
});

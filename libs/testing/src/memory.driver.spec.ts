import { describeKafkaDriver } from './conformance/driver-suite';
import { MemoryBroker } from './memory-broker';
import { MemoryDriver } from './memory.driver';
import { aRecord } from './record.builders';

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
    appendUndecodable: async (topic, partition) => {
      const { offset } = broker.append(topic, { ...aRecord({ value: 'spoilt' }), partition });
      broker.faults.undecodable(topic, partition, offset);
    },
    createUnreachable: () => {
      const down = new MemoryBroker();
      down.faults.brokerDown();
      return new MemoryDriver({ broker: down });
    },
  },
});

export { BrokerProxies } from './faults/broker-proxies';
export { FaultProxy } from './faults/fault-proxy';
export type { FaultProxyOptions, LineFaults, LineRewriter } from './faults/fault-proxy';
export { FakeClock } from './fake-clock';
export type { FakeClockOptions } from './fake-clock';
export { eventually } from './eventually';
export type { EventuallyOptions } from './eventually';
export { Ledger } from './ledger';
export type { LedgerLine, LedgerResult } from './ledger';
export { MemoryBroker } from './memory-broker';
export type { LoggedRecord, MemoryBrokerOptions } from './memory-broker';
export { MEMORY_DRIVER_DEFAULTS, MemoryDriver } from './memory.driver';
export type { MemoryDriverOptions } from './memory.driver';
export { MemorySink } from './memory.sink';
export type { MemorySinkOptions, StoredDocument } from './memory.sink';
export { MemoryInbox } from './memory.inbox';
export { MemoryControlStore } from './memory.control-store';
export { describeKafkaDriver } from './conformance/driver-suite';
export type { DriverFeatures, DriverSuiteOptions } from './conformance/driver-suite';
export { DRIVER_PROMISES } from './conformance/driver.promises';
export type { DriverPromise } from './conformance/driver.promises';
export { describeSink } from './conformance/sink-suite';
export type { SinkSuiteOptions, SinkUnderTest, SuiteEvent } from './conformance/sink-suite';
export { aRecord, anEvent, anOutgoing } from './record.builders';
export type { RecordParts } from './record.builders';
export { absentMongo } from './absent-mongo';
export { TestPipeline, testPipeline } from './test-pipeline';
export type { TestPipelineOptions } from './test-pipeline';
export type { PipelineFaults } from './pipeline.faults';
export {
  TESTING_ERRORS,
  MemoryAckLostError,
  MemoryBrokerDownError,
  MemoryClosedError,
  MemoryCommitFailedError,
  MemoryGroupNotEmptyError,
  MemoryPartitionMissingError,
  MemoryPublishAbortedError,
  MemorySinkDownError,
  MemoryTopicMissingError,
  MemoryUndecodableError,
} from './testing.errors';

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
export { MemoryParkedLetters } from './memory.parked-letters';
export { MemoryJobStore } from './memory.job-store';
export { MemoryAuditLog } from './memory.audit-log';
export { describeKafkaDriver } from './conformance/driver-suite';
export type { DriverFeatures, DriverSuiteOptions } from './conformance/driver-suite';
export { DRIVER_PROMISES } from './conformance/driver.promises';
export type { DriverPromise } from './conformance/driver.promises';
export { describeControlStore } from './conformance/control-store-suite';
export type { ControlStoreUnderTest } from './conformance/control-store-suite';
export { describeAuditLog } from './conformance/audit-log-suite';
export type { AuditLogUnderTest } from './conformance/audit-log-suite';
export { describeJobStore } from './conformance/job-store-suite';
export type { JobStoreUnderTest } from './conformance/job-store-suite';
export { describeParkedLetters } from './conformance/parked-letters-suite';
export type { ParkedLettersUnderTest } from './conformance/parked-letters-suite';
export { describeSink } from './conformance/sink-suite';
export type { SinkSuiteOptions, SinkUnderTest, SuiteEvent } from './conformance/sink-suite';
export { describeLints } from './conformance/lint-suite';
export type { LintCase, LintSuiteOptions } from './conformance/lint-suite';
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

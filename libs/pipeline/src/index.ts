export type {
  AdminPort,
  Assignment,
  BatchControl,
  BatchHandler,
  ConsumerEvents,
  ConsumerListener,
  ConsumerPort,
  ConsumerSettings,
  DriverHealth,
  FetchedBatch,
  GroupDescription,
  Headers,
  KafkaDriver,
  KafkaRecord,
  Offset,
  OutgoingRecord,
  ProducerPort,
  ProducerSettings,
  PublishResult,
  RevokeReason,
  TopicDescription,
  TopicPartition,
  TopicSpec,
  UndecodableRange,
} from './ports/driver';
export { DUPLICATE, FILTERED, OUTCOMES, STALE, STORED } from './records/outcome';
export type { HandlerOutcome, Outcome, RecordResult } from './records/outcome';
export type { PipelineRecord } from './records/pipeline-record';
export type { SinkPort } from './ports/sink';
export type { InboxPort } from './ports/inbox';
export type {
  Audit,
  ControlState,
  ControlStore,
  Pause,
  PauseTarget,
  StoppedLine,
} from './ports/control-store';
export { CLOCK, KAFKA_DRIVER, RANDOM, SINK_WRITER } from './pipeline.tokens';
export { BatchError } from './records/batch.errors';
export { Consumes, ConsumesBatch } from './consumes.decorator';
export {
  DEAD_LETTER_HEADERS,
  DEAD_LETTER_REASONS,
  deadLetterTopicOf,
} from './failures/dead-letter.headers';
export type { DeadLetterReason } from './failures/dead-letter.headers';
export type { Dependency } from './ports/dependency';
export { ErrorPassingFilter } from './error-passing.filter';
export type { BatchOutcome } from './handling/handling';
export {
  PIPELINE_ERRORS,
  BatchOutcomeInvalidError,
  DeadLetterUnavailableError,
  EventIdInvalidError,
  GroupTopicsDifferError,
  HandlerDuplicateError,
  OffsetLostError,
  PolicyInvalidError,
  PublishUnknownError,
  RecordMalformedError,
  RecordTooLongError,
  ReplyPatternError,
  RetryRecordInvalidError,
  RetryTopicsDifferError,
} from './pipeline.errors';
export {
  HandlerOptionsInvalidError,
  HandlerTimeoutError,
  InboxMissingError,
  InboxUnavailableError,
} from './handling/handling.errors';
export {
  ConsumerStalledError,
  ControlTargetInvalidError,
  LineStoppedError,
  TopicPartitionsError,
} from './supervision/supervision.errors';
export { STOP_THE_LINE_DEFAULTS } from './supervision/stop-the-line';
export type { Actor } from './supervision/control';
export { pipelineSettings } from './pipeline.config';
export type { PipelineSettings } from './pipeline.config';
export { PipelineEvents } from './pipeline.events';
export type { SliceFinished } from './pipeline.events';
export { PipelineRegistry } from './pipeline.registry';
export type { SinkWriter } from './pipeline.registry';
export { PipelineServer } from './pipeline.server';
export { CLASSIFICATION } from './failures/classification.table';
export type { ClassificationRow } from './failures/classification.table';
export { DEFAULT_POLICY, DEFAULT_RETRY, policy } from './failures/policy';
export type {
  ErrorMatcher,
  ErrorPolicy,
  PolicyBuilder,
  Reaction,
  RetryDelay,
  RetryInPlace,
} from './failures/policy';
export { RecordContext } from './records/record-context';
export type { EventBatch, HandlingScope } from './records/record-context';
export type { ReadOptions, SinkRegistration, Subscription } from './subscription';
export { headerText } from './records/pipeline-record';
export { connectPipeline } from './connect-pipeline';
export { EventPublisher, InjectPublisher, getPublisherToken } from './publishing/event.publisher';
export type { PublishOptions, PublishOutcome, PublishedEvent } from './publishing/event.publisher';
export { PipelineModule } from './pipeline.module';
export type { PipelineModuleOptions } from './pipeline.module';
export { PipelineRuntime } from './pipeline.runtime';
export { startService } from './start-service';
export type { ServiceDefinition, ServiceProcess } from './start-service';

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
  KafkaDriver,
  MemberDescription,
  ReadLimits,
  ReaderPort,
  RevokeReason,
  TopicDescription,
  TopicSpec,
} from './ports/driver';
export type {
  DeliveryTerms,
  OutgoingRecord,
  ProducerPort,
  ProducerSettings,
  PublishResult,
} from './ports/producer';
export type {
  Headers,
  KafkaRecord,
  Offset,
  TopicPartition,
  UndecodableRange,
} from './ports/record';
export { DUPLICATE, FILTERED, OUTCOMES, STALE, STORED } from './records/outcome';
export type { HandlerOutcome, Outcome, RecordResult } from './records/outcome';
export type { PipelineRecord } from './records/pipeline-record';
export type { SinkPort } from './ports/sink';
export type { InboxPort } from './ports/inbox';
export type { OffsetStore, StoredPosition } from './ports/offset-store';
export { OffsetsFencedError } from './offsets/offsets.errors';
export type { LetterPosition, ParkedLetter, ParkedLetters } from './ports/parked-letters';
export type { AuditEntry, AuditLog, AuditQuery } from './ports/audit-log';
export { JOB_KINDS, JOB_STATES } from './ports/job-store';
export type {
  Job,
  JobCreation,
  JobKind,
  JobOrder,
  JobState,
  JobStore,
  SaveAnswer,
} from './ports/job-store';
export type {
  Audit,
  ControlState,
  ControlStore,
  GroupReport,
  Pause,
  PauseTarget,
  ProcessReport,
  ReaderReport,
  StoppedLine,
} from './ports/control-store';
export { REPORT_ALIVE_MS, REPORT_INTERVAL_MS, REPORT_KEEP_MS } from './ports/control-store';
export { readerReport } from './supervision/group.report';
export type { Shadow, ShadowEnd, ShadowProgress, ShadowRange, ShadowSpec } from './shadow/shadow';
export { CLOCK, KAFKA_DRIVER, PIPELINE_OPTIONS, RANDOM, SINK_WRITER } from './pipeline.tokens';
export { BatchError } from './records/batch.errors';
export { Consumes, ConsumesBatch } from './consumes.decorator';
export {
  DEAD_LETTER_HEADERS,
  DEAD_LETTER_REASONS,
  MAX_REDRIVES,
  deadLetterTopicOf,
} from './failures/dead-letter.headers';
export type { DeadLetterReason } from './failures/dead-letter.headers';
export type { Dependency } from './ports/dependency';
export { ErrorPassingFilter } from './error-passing.filter';
export { NOT_HANDLED } from './handling/handling';
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
export { HttpOverloadedError } from './http/http.errors';
export { LimitedHttpAdapter } from './http/limited-http.adapter';
export { httpSettings } from './http/http.settings';
export type { HttpSettings } from './http/http.settings';
export { requestsInFlight } from './http/requests-in-flight';
export type { HttpMiddleware } from './http/requests-in-flight';
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
export { prepareEvent } from './publishing/prepare-event';
export type { EventEntry, PreparedEvent } from './publishing/prepare-event';
export { PipelineModule } from './pipeline.module';
export type { PipelineModuleOptions } from './pipeline.module';
export { PipelineRuntime } from './pipeline.runtime';
export { knownPrefixesOf, startService } from './start-service';
export type { ServiceDefinition, ServiceProcess } from './start-service';

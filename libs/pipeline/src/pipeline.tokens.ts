/** Injection token of the {@link KafkaDriver}; provided by the Kafka adapter, overridable in tests. */
export const KAFKA_DRIVER = Symbol('millrace:kafka-driver');
/** Injection token of the {@link Clock}. */
export const CLOCK = Symbol('millrace:clock');
/** Injection token of the source of randomness. */
export const RANDOM = Symbol('millrace:random');
/** Injection token of the {@link SinkWriter}; default: every sink writes to itself. */
export const SINK_WRITER = Symbol('millrace:sink-writer');
/** Injection token of the {@link PipelineModuleOptions}. */
export const PIPELINE_OPTIONS = Symbol('millrace:pipeline-options');
/** Injection token of the metrics of the core. */
export const PIPELINE_METRICS = Symbol('millrace:pipeline-metrics');

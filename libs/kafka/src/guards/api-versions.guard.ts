import { KafkaApiUnsupportedError } from '../errors/connection.errors';
import type { ApiVersionsInternals, BrokerClassInternals } from '../kafkajs.internals';

/** A call of the Kafka protocol, and the versions of it that kafkajs 2.2.4 speaks. */
export interface RequiredApi {
  readonly key: number;
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Without these the driver cannot work. */
export const REQUIRED_APIS: readonly RequiredApi[] = [
  { key: 0, name: 'Produce', from: 3, to: 7 },
  { key: 1, name: 'Fetch', from: 4, to: 11 },
  { key: 2, name: 'ListOffsets', from: 1, to: 3 },
  { key: 3, name: 'Metadata', from: 0, to: 6 },
  { key: 8, name: 'OffsetCommit', from: 2, to: 5 },
  { key: 9, name: 'OffsetFetch', from: 1, to: 4 },
  { key: 10, name: 'FindCoordinator', from: 0, to: 2 },
  { key: 11, name: 'JoinGroup', from: 2, to: 5 },
  { key: 12, name: 'Heartbeat', from: 0, to: 3 },
  { key: 13, name: 'LeaveGroup', from: 0, to: 3 },
  { key: 14, name: 'SyncGroup', from: 0, to: 3 },
  { key: 22, name: 'InitProducerId', from: 0, to: 1 },
];

/**
 * Compares what a broker offers with what is needed, at each connection.
 *
 * kafkajs takes the smaller of both highest versions and ignores the lowest of the broker: a broker
 * that has dropped it closes the socket, without a word.
 */
export function guardApiVersions(broker: BrokerClassInternals): void {
  const { apiVersions } = broker;
  broker.apiVersions = async function (this: BrokerClassInternals) {
    const offered = await apiVersions.call(this);
    checkApis(offered);
    return offered;
  };
}

/**
 * @throws {KafkaApiUnsupportedError} KAFKA_API_UNSUPPORTED, naming each call and both ranges;
 * retryable: no.
 */
export function checkApis(offered: ApiVersionsInternals): void {
  const missing = REQUIRED_APIS.flatMap((required) => {
    const { key, name, from, to } = required;
    const range = offered[key];
    if (range === undefined) return [`${name} ${from} to ${to} (the broker has none)`];
    if (range.minVersion <= to && range.maxVersion >= from) return [];
    return [`${name} ${from} to ${to} (the broker has ${range.minVersion} to ${range.maxVersion})`];
  });
  if (missing.length === 0) return;
  const error = new KafkaApiUnsupportedError({
    message: `the broker does not support what this client needs: ${missing.join(', ')}`,
  });
  // kafkajs asks for this spelling: without it the connection is tried again.
  throw Object.assign(error, { retriable: false });
}

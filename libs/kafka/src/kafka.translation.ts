import { type MillraceError, deepestMillraceError } from 'millrace/errors';
import type { ErrorDetails, MillraceErrorClass } from 'millrace/errors';
import {
  KafkaApiUnsupportedError,
  KafkaAuthenticationError,
  KafkaClusterAuthorizationError,
  KafkaProtocolError,
  KafkaTlsError,
  KafkaTopicAuthorizationError,
  KafkaTopicMissingError,
  KafkaTopicRefusedError,
  KafkaUnavailableError,
} from './errors/connection.errors';
import {
  GroupAuthorizationError,
  GroupCoordinatorUnavailableError,
  GroupGenerationStaleError,
  GroupHasMembersError,
  GroupSettingsRefusedError,
} from './errors/group.errors';
import { RecordRefusedError, RecordTooLargeError } from './errors/publish.errors';
import { vendorFactsOf } from './kafkajs.error-facts';

/** By protocol error: which of our classes stands for it. What is not here is {@link KafkaProtocolError}. */
const BY_PROTOCOL_ERROR: Readonly<Record<string, MillraceErrorClass>> = {
  UNKNOWN_TOPIC_OR_PARTITION: KafkaTopicMissingError,
  TOPIC_AUTHORIZATION_FAILED: KafkaTopicAuthorizationError,
  CLUSTER_AUTHORIZATION_FAILED: KafkaClusterAuthorizationError,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: KafkaClusterAuthorizationError,
  SASL_AUTHENTICATION_FAILED: KafkaAuthenticationError,
  UNSUPPORTED_SASL_MECHANISM: KafkaAuthenticationError,
  ILLEGAL_SASL_STATE: KafkaAuthenticationError,
  SECURITY_DISABLED: KafkaAuthenticationError,
  INVALID_TOPIC_EXCEPTION: KafkaTopicRefusedError,
  INVALID_PARTITIONS: KafkaTopicRefusedError,
  INVALID_REPLICATION_FACTOR: KafkaTopicRefusedError,
  INVALID_REPLICA_ASSIGNMENT: KafkaTopicRefusedError,
  INVALID_CONFIG: KafkaTopicRefusedError,
  POLICY_VIOLATION: KafkaTopicRefusedError,
  MESSAGE_TOO_LARGE: RecordTooLargeError,
  RECORD_LIST_TOO_LARGE: RecordTooLargeError,
  INVALID_TIMESTAMP: RecordRefusedError,
  INVALID_RECORD: RecordRefusedError,
  UNSUPPORTED_COMPRESSION_TYPE: RecordRefusedError,
  GROUP_AUTHORIZATION_FAILED: GroupAuthorizationError,
  GROUP_COORDINATOR_NOT_AVAILABLE: GroupCoordinatorUnavailableError,
  NOT_COORDINATOR_FOR_GROUP: GroupCoordinatorUnavailableError,
  GROUP_LOAD_IN_PROGRESS: GroupCoordinatorUnavailableError,
  ILLEGAL_GENERATION: GroupGenerationStaleError,
  UNKNOWN_MEMBER_ID: GroupGenerationStaleError,
  REBALANCE_IN_PROGRESS: GroupGenerationStaleError,
  FENCED_INSTANCE_ID: GroupGenerationStaleError,
  NON_EMPTY_GROUP: GroupHasMembersError,
  INCONSISTENT_GROUP_PROTOCOL: GroupSettingsRefusedError,
  INVALID_GROUP_ID: GroupSettingsRefusedError,
  INVALID_SESSION_TIMEOUT: GroupSettingsRefusedError,
  GROUP_MAX_SIZE_REACHED: GroupSettingsRefusedError,
  BROKER_NOT_AVAILABLE: KafkaUnavailableError,
  LEADER_NOT_AVAILABLE: KafkaUnavailableError,
  NETWORK_EXCEPTION: KafkaUnavailableError,
  REQUEST_TIMED_OUT: KafkaUnavailableError,
};

/** By class name of the client, where there is no protocol error. */
const BY_CLIENT_ERROR: Readonly<Record<string, MillraceErrorClass>> = {
  KafkaJSSASLAuthenticationError: KafkaAuthenticationError,
  KafkaJSServerDoesNotSupportApiKey: KafkaApiUnsupportedError,
  KafkaJSGroupCoordinatorNotFound: GroupCoordinatorUnavailableError,
  KafkaJSConnectionError: KafkaUnavailableError,
  KafkaJSConnectionClosedError: KafkaUnavailableError,
  KafkaJSRequestTimeoutError: KafkaUnavailableError,
  KafkaJSBrokerNotFound: KafkaUnavailableError,
  KafkaJSNoBrokerAvailableError: KafkaUnavailableError,
  KafkaJSMetadataNotLoaded: KafkaUnavailableError,
  KafkaJSTopicMetadataNotLoaded: KafkaUnavailableError,
  KafkaJSLockTimeout: KafkaUnavailableError,
};

const TLS_HINTS: ReadonlyArray<readonly [pattern: RegExp, likelyCause: string]> = [
  [
    /alert number 42|certificate required|alert number 116/i,
    'the brokers want a client certificate and got none',
  ],
  [/alert number 46|alert number 48|unknown ca/i, 'the client certificate is signed by another CA'],
  [/expired/i, 'a certificate has expired'],
  [/altname|does not match certificate/i, 'the certificate of the broker is for another host name'],
  [
    /unsupported protocol|protocol version|alert number 70/i,
    'the broker speaks no TLS 1.2 or newer',
  ],
  [/disconnected before secure TLS|wrong version number/i, 'the port is not a TLS listener'],
  [/certificate|tls|ssl/i, 'the CA file does not belong to the cluster'],
];

/**
 * Translates an error of the Kafka client into one of ours; the original rides in `cause`.
 *
 * Total: every value gets a class. An error of ours that is somewhere in the chain is kept.
 *
 * @param where - what was being done, to what; example `commit of group metals-processor`.
 */
export function translateError(error: unknown, where?: string): MillraceError {
  const own = deepestMillraceError(error);
  if (own !== undefined) return own;
  const facts = vendorFactsOf(error);
  const details: ErrorDetails = {
    cause: error,
    ...(where === undefined ? {} : { where }),
    ...(facts.protocolError === undefined ? {} : { facts: { protocolError: facts.protocolError } }),
  };
  const tlsCause = TLS_HINTS.find(([pattern]) => pattern.test(facts.message))?.[1];
  if (tlsCause !== undefined && facts.isConnectionError) {
    return new KafkaTlsError({ ...details, likelyCause: tlsCause });
  }
  const known =
    BY_PROTOCOL_ERROR[facts.protocolError ?? ''] ??
    facts.names.map((name) => BY_CLIENT_ERROR[name]).find((found) => found !== undefined) ??
    KafkaProtocolError;
  return new known({ ...details, message: `${known.definition.summary} (${facts.message})` });
}

/** True when the group has moved on: the commit or heartbeat of an older generation was refused. */
export function isStaleGeneration(error: unknown): boolean {
  return translateError(error) instanceof GroupGenerationStaleError;
}

/** True for a missing topic, so that the caller can name it. */
export function isTopicMissing(error: unknown): boolean {
  return translateError(error) instanceof KafkaTopicMissingError;
}

import { defineError } from 'millrace/errors';

/** Says that no broker answered, or that the one which must answer did not. */
export class KafkaUnavailableError extends defineError({
  code: 'KAFKA_UNAVAILABLE',
  failure: 'infrastructure',
  summary: 'no Kafka broker answered',
  likelyCause: 'the brokers are not running yet, the address is wrong, or the network is cut',
  fix: 'check KAFKA_BROKERS and that the port is open; the service goes on by itself when they answer',
}) {}

/** Says that the brokers refused who we are. */
export class KafkaAuthenticationError extends defineError({
  code: 'KAFKA_AUTHENTICATION',
  failure: 'fatal',
  summary: 'the brokers refused the credentials',
  likelyCause:
    'the user name or password is wrong, or the mechanism is not enabled on this listener',
  fix: 'correct the credentials, or the port: each listener has its own mechanism',
}) {}

/** Says that a TLS connection could not be made; the message names the side that refused. */
export class KafkaTlsError extends defineError({
  code: 'KAFKA_TLS',
  failure: 'fatal',
  summary: 'the TLS handshake with a broker failed',
  likelyCause: 'the CA file does not belong to the cluster, or a client certificate is missing',
  fix: 'check the CA, certificate and key files, and that the port is a TLS listener',
}) {}

/** Says that the principal may not do something with a topic. */
export class KafkaTopicAuthorizationError extends defineError({
  code: 'KAFKA_TOPIC_AUTHORIZATION',
  failure: 'fatal',
  summary: 'the brokers do not let us use the topic',
  likelyCause: 'an ACL for READ, WRITE or DESCRIBE on the topic is missing',
  fix: 'kafka-acls --add --allow-principal User:<name> --operation <Read|Write|Describe> --topic <topic>',
}) {}

/** Says that the principal may not do something with the cluster, such as creating a topic. */
export class KafkaClusterAuthorizationError extends defineError({
  code: 'KAFKA_CLUSTER_AUTHORIZATION',
  failure: 'fatal',
  summary: 'the brokers do not let us do this with the cluster',
  likelyCause: 'an ACL for CREATE or IDEMPOTENT_WRITE on the cluster is missing',
  fix: 'kafka-acls --add --allow-principal User:<name> --operation <Create|IdempotentWrite> --cluster',
}) {}

/** Says that a topic does not exist; nothing creates it behind your back. */
export class KafkaTopicMissingError extends defineError({
  code: 'KAFKA_TOPIC_MISSING',
  failure: 'fatal',
  summary: 'the topic does not exist',
  likelyCause: 'it was never created, it was deleted, or a DESCRIBE ACL is missing',
  fix: 'create it with kafka-topics, or set KAFKA_TOPICS=create outside production',
}) {}

/** Says that Kafka refused to create a topic. */
export class KafkaTopicRefusedError extends defineError({
  code: 'KAFKA_TOPIC_REFUSED',
  failure: 'fatal',
  summary: 'the brokers refused to create the topic',
  likelyCause: 'the name, the replication factor or a setting is not allowed on this cluster',
  fix: 'lower KAFKA_REPLICATION to the number of brokers, or create the topic by hand',
}) {}

/** Says that the brokers answered with an error that this client does not know. */
export class KafkaProtocolError extends defineError({
  code: 'KAFKA_PROTOCOL',
  failure: 'infrastructure',
  summary: 'the brokers answered with an error',
  likelyCause: 'the brokers are newer than the client, or in trouble of their own',
  fix: 'read the error in the cause and the log of the broker; the call is repeated',
}) {}

/** Says that a broker has dropped, or does not have yet, the versions of a call that we speak. */
export class KafkaApiUnsupportedError extends defineError({
  code: 'KAFKA_API_UNSUPPORTED',
  failure: 'fatal',
  summary: 'the broker does not support the versions of a call that this client speaks',
  likelyCause: 'the brokers are newer than the client was written for, or older than Kafka 1.0',
  fix: 'read the ranges in the message; update millrace, or the brokers',
}) {}

/** Refuses a kafkajs that the guards were not written for. */
export class KafkajsVersionUnknownError extends defineError({
  code: 'KAFKAJS_VERSION_UNKNOWN',
  failure: 'fatal',
  summary: 'the installed kafkajs is not the version that the guards were written for',
  likelyCause: 'another version was installed by an update or by another package',
  fix: 'npm install --save-exact kafkajs@2.2.4; KAFKA_GUARDS=off takes the risk',
}) {}

/** Every error of this file. */
export const CONNECTION_ERRORS = [
  KafkaUnavailableError,
  KafkaAuthenticationError,
  KafkaTlsError,
  KafkaTopicAuthorizationError,
  KafkaClusterAuthorizationError,
  KafkaTopicMissingError,
  KafkaTopicRefusedError,
  KafkaProtocolError,
  KafkaApiUnsupportedError,
  KafkajsVersionUnknownError,
] as const;

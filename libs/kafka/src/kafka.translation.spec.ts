import { permanent } from 'millrace/errors';
import { protocolError, vendorError } from './fakes/fake-producer';
import { isStaleGeneration, isTopicMissing, translateError } from './kafka.translation';

describe('translateError', () => {
  it.each([
    ['UNKNOWN_TOPIC_OR_PARTITION', 'KAFKA_TOPIC_MISSING', 'fatal'],
    ['TOPIC_AUTHORIZATION_FAILED', 'KAFKA_TOPIC_AUTHORIZATION', 'fatal'],
    ['GROUP_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION', 'fatal'],
    ['CLUSTER_AUTHORIZATION_FAILED', 'KAFKA_CLUSTER_AUTHORIZATION', 'fatal'],
    ['SASL_AUTHENTICATION_FAILED', 'KAFKA_AUTHENTICATION', 'fatal'],
    ['INVALID_REPLICATION_FACTOR', 'KAFKA_TOPIC_REFUSED', 'fatal'],
    ['INVALID_SESSION_TIMEOUT', 'GROUP_SETTINGS_REFUSED', 'fatal'],
    ['INCONSISTENT_GROUP_PROTOCOL', 'GROUP_SETTINGS_REFUSED', 'fatal'],
    ['NON_EMPTY_GROUP', 'GROUP_HAS_MEMBERS', 'fatal'],
    ['MESSAGE_TOO_LARGE', 'RECORD_TOO_LARGE', 'permanent'],
    ['RECORD_LIST_TOO_LARGE', 'RECORD_TOO_LARGE', 'permanent'],
    ['INVALID_TIMESTAMP', 'RECORD_REFUSED', 'permanent'],
    ['ILLEGAL_GENERATION', 'GROUP_GENERATION_STALE', 'infrastructure'],
    ['UNKNOWN_MEMBER_ID', 'GROUP_GENERATION_STALE', 'infrastructure'],
    ['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_UNAVAILABLE', 'infrastructure'],
    ['NOT_ENOUGH_REPLICAS', 'KAFKA_PROTOCOL', 'infrastructure'],
    ['KAFKA_STORAGE_ERROR', 'KAFKA_PROTOCOL', 'infrastructure'],
    // Codes above 88 are unknown to kafkajs: worth another try, never the end.
    ['KAFKAJS_UNKNOWN_ERROR_CODE', 'KAFKA_PROTOCOL', 'infrastructure'],
  ])('makes %s a %s of failure %s', (type, code, failure) => {
    const vendor = protocolError(type);
    expect(translateError(vendor, 'here')).toMatchObject({
      code,
      failure,
      where: 'here',
      cause: vendor,
      facts: { protocolError: type },
    });
  });

  it.each([
    ['KafkaJSConnectionError', 'KAFKA_UNAVAILABLE'],
    ['KafkaJSConnectionClosedError', 'KAFKA_UNAVAILABLE'],
    ['KafkaJSRequestTimeoutError', 'KAFKA_UNAVAILABLE'],
    ['KafkaJSBrokerNotFound', 'KAFKA_UNAVAILABLE'],
    ['KafkaJSNoBrokerAvailableError', 'KAFKA_UNAVAILABLE'],
    ['KafkaJSGroupCoordinatorNotFound', 'GROUP_COORDINATOR_UNAVAILABLE'],
    ['KafkaJSSASLAuthenticationError', 'KAFKA_AUTHENTICATION'],
    ['KafkaJSSomethingNew', 'KAFKA_PROTOCOL'],
  ])('makes %s %s, wrapped or not', (name, code) => {
    const inner = vendorError(name, 'why');
    expect(translateError(inner).code).toBe(code);
    const outer = vendorError('KafkaJSNumberOfRetriesExceeded', 'why');
    outer.cause = inner;
    expect(translateError(outer).code).toBe(code);
  });

  it.each([
    ['self-signed certificate in certificate chain', /CA file/],
    ['tlsv13 alert certificate required: SSL alert number 116', /client certificate/],
    ['sslv3 alert bad certificate: SSL alert number 42', /client certificate/],
    ['SSL alert number 46', /another CA/],
    [
      'Client network socket disconnected before secure TLS connection was established',
      /not a TLS listener/,
    ],
    ["Hostname/IP does not match certificate's altnames", /another host name/],
    ['certificate has expired', /expired/],
  ])('names the likely cause of "%s"', (message, likelyCause) => {
    const error = translateError(vendorError('KafkaJSConnectionError', message));
    expect(error.code).toBe('KAFKA_TLS');
    expect(error.likelyCauseHere).toMatch(likelyCause);
  });

  it('names the ACL when the coordinator is not found: the brokers say no more [B7]', () => {
    const error = translateError(vendorError('KafkaJSGroupCoordinatorNotFound', 'x'));
    expect(error.definition.likelyCause).toMatch(/ACL/);
    expect(error.definition.fix).toMatch(/kafka-acls .*--group/);
  });

  it('looks into an aggregate, as creating topics throws one', () => {
    const aggregate = Object.assign(vendorError('KafkaJSAggregateError', 'Topic creation errors'), {
      errors: [vendorError('KafkaJSCreateTopicError', 'x', 'INVALID_REPLICATION_FACTOR')],
    });
    expect(translateError(aggregate).code).toBe('KAFKA_TOPIC_REFUSED');
  });

  it('keeps an error of ours', () => {
    const own = permanent('a reason');
    const wrapped = vendorError('KafkaJSNonRetriableError', 'x');
    wrapped.cause = own;
    expect(translateError(wrapped)).toBe(own);
  });

  it.each([undefined, null, 'text', 42, {}])('has an answer for %p too', (thrown) => {
    expect(translateError(thrown).code).toBe('KAFKA_PROTOCOL');
  });

  it('ends in a ring of causes', () => {
    const ring = vendorError('KafkaJSError', 'x');
    ring.cause = ring;
    expect(translateError(ring).code).toBe('KAFKA_PROTOCOL');
  });
});

describe('questions to an error', () => {
  it('tells a refused generation from an outage', () => {
    expect(isStaleGeneration(protocolError('ILLEGAL_GENERATION'))).toBe(true);
    expect(isStaleGeneration(protocolError('NOT_COORDINATOR_FOR_GROUP'))).toBe(false);
  });

  it('tells a missing topic from anything else', () => {
    expect(isTopicMissing(protocolError('UNKNOWN_TOPIC_OR_PARTITION'))).toBe(true);
    expect(isTopicMissing(new Error('x'))).toBe(false);
  });
});

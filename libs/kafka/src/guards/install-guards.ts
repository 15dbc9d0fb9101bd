import { KafkajsVersionUnknownError } from '../errors/connection.errors';
import {
  consumerGroupClass,
  installedVersion,
  requestQueueClass,
  runnerClass,
} from '../kafkajs.internals';
import { guardMembership } from './membership.guard';
import { guardRequestQueue } from './request-queue.guard';

/** The one version of kafkajs that the guards know. */
export const SUPPORTED_KAFKAJS_VERSION = '2.2.4';

const INSTALLED = Symbol.for('millrace.kafka.guards');

/**
 * Installs the guards on kafkajs, once per process; calling it again is harmless.
 *
 * @param version - default: the version that is installed.
 * @throws {KafkajsVersionUnknownError} KAFKAJS_VERSION_UNKNOWN when the version is another one;
 * retryable: no.
 */
export function installGuards(version: string = installedVersion()): void {
  if (version !== SUPPORTED_KAFKAJS_VERSION) {
    throw new KafkajsVersionUnknownError({
      message: `kafkajs ${version} is installed, ${SUPPORTED_KAFKAJS_VERSION} is supported`,
    });
  }
  const queue = requestQueueClass().prototype as { [INSTALLED]?: boolean };
  if (queue[INSTALLED] === true) return;
  queue[INSTALLED] = true;
  guardRequestQueue(requestQueueClass().prototype);
  guardMembership(consumerGroupClass().prototype, runnerClass().prototype);
}

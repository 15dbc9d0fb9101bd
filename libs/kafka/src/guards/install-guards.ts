import { KafkajsVersionUnknownError } from '../errors/connection.errors';
import {
  brokerClass,
  consumerGroupClass,
  installedVersion,
  requestQueueClass,
  runnerClass,
} from '../kafkajs.internals';
import type {
  BrokerClassInternals,
  ConsumerGroupInternals,
  RequestQueueInternals,
} from '../kafkajs.internals';
import type { GuardMode } from '../kafka.options';
import { guardApiVersions } from './api-versions.guard';
import { guardFetch } from './fetch.guard';
import { guardMembership } from './membership.guard';
import { guardRequestQueue } from './request-queue.guard';

/** The one version of kafkajs that the guards know. */
export const SUPPORTED_KAFKAJS_VERSION = '2.2.4';

const INSTALLED = Symbol.for('millrace.kafka.guards');

interface Marked {
  [INSTALLED]?: boolean;
}

/**
 * Installs the guards on kafkajs, each once per process; calling it again is harmless.
 *
 * @param mode - `off` leaves the timers of kafkajs alone, and takes any version of it and of a broker. The hooks around a
 * join are installed in any case: the driver cannot work without them.
 * @param version - default: the version that is installed.
 * @throws {KafkajsVersionUnknownError} KAFKAJS_VERSION_UNKNOWN when the version is another one;
 * retryable: no.
 */
export function installGuards(mode: GuardMode = 'on', version: string = installedVersion()): void {
  if (mode === 'on' && version !== SUPPORTED_KAFKAJS_VERSION) {
    throw new KafkajsVersionUnknownError({
      message: `kafkajs ${version} is installed, ${SUPPORTED_KAFKAJS_VERSION} is supported`,
    });
  }
  const queue: RequestQueueInternals & Marked = requestQueueClass().prototype;
  const broker: BrokerClassInternals & Marked = brokerClass().prototype;
  if (mode === 'on') {
    once(queue, () => guardRequestQueue(queue));
    once(broker, () => guardApiVersions(broker));
  }
  const group: ConsumerGroupInternals & Marked = consumerGroupClass().prototype;
  once(group, () => {
    guardMembership(group, runnerClass().prototype);
    // Does nothing to a consumer that brings no decoder.
    guardFetch(group);
  });
}

function once(guarded: object & Marked, install: () => void): void {
  if (guarded[INSTALLED] === true) return;
  guarded[INSTALLED] = true;
  install();
}

import type { Contract } from '../contract';
import { jsonSchemaOf } from '../schemas/json-schema';
import { mapSchemas } from '../schemas/structure';
import type { JsonSchema } from '../schemas/structure';
import { byText, contractKey, readableVersions } from './contract-key';
import { eventHeaders, failureHeaders } from './headers';

/** A topic that failed records of a contract go to. */
export interface FailureTopic {
  readonly topic: string;
  readonly purpose: 'retry' | 'dead-letter';
  /** Names of the headers that are added; all of them text. */
  readonly headers?: readonly string[];
}

/** What a document says beyond the contracts. */
export interface AsyncApiInfo {
  readonly title: string;
  /** Version of the document, which is not the version of a contract. */
  readonly version: string;
  readonly description?: string;
  /** By name; `host` without user info. Default: none. */
  readonly servers?: Readonly<
    Record<string, { readonly host: string; readonly protocol: 'kafka' | 'kafka-secure' }>
  >;
  /** What the described application does with the events. Default: both. */
  readonly actions?: readonly AsyncApiAction[];
  /** Where failed records of a contract go; the pipeline knows. Default: not in the document. */
  readonly failureTopics?: (contract: Contract) => readonly FailureTopic[];
}

export const ASYNC_API_ACTIONS = ['send', 'receive'] as const;
export type AsyncApiAction = (typeof ASYNC_API_ACTIONS)[number];

/** Bindings of Kafka that the document follows. */
const BINDING = { bindingVersion: '0.5.0' } as const;

/** A message of a channel, and what it is called there. */
interface Entry {
  readonly key: string;
  readonly topic: string;
  readonly contract: Contract;
  readonly message: JsonSchema;
  readonly isOriginal: boolean;
}

/**
 * Describes contracts as an AsyncAPI 3.0 document: one channel for each topic, one message for each
 * contract, headers as {@link encodeEvent} writes them, payloads as JSON Schema draft 7.
 *
 * Promise: the same contracts, in any order, give the same document, byte for byte.
 *
 * @throws {ContractSchemaUnknownError} CONTRACT_SCHEMA_UNKNOWN, see {@link jsonSchemaOf}.
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */
export function asyncApiOf(contracts: readonly Contract[], info: AsyncApiInfo): JsonSchema {
  const unique = new Map(contracts.map((contract) => [contractKey(contract), contract]));
  const sorted = [...unique.values()].sort((a, b) => byText(contractKey(a), contractKey(b)));
  const entries = sorted.flatMap((contract) => [
    originalOf(contract),
    ...(info.failureTopics?.(contract) ?? []).map((target) => failureOf(contract, target)),
  ]);
  const { title, version, description, servers } = info;
  return {
    asyncapi: '3.0.0',
    info: { title, version, ...(description === undefined ? {} : { description }) },
    ...(servers === undefined ? {} : { servers }),
    defaultContentType: 'application/json',
    channels: channelsOf(entries),
    operations: operationsOf(entries, info.actions ?? ASYNC_API_ACTIONS),
    components: {
      messages: Object.fromEntries(entries.map(({ key, message }) => [key, message])),
      schemas: Object.fromEntries(sorted.map((each) => [contractKey(each), payloadOf(each)])),
    },
  };
}

const reference = (...path: readonly string[]) => ({ $ref: `#/${path.join('/')}` });

function originalOf(contract: Contract): Entry {
  const key = contractKey(contract);
  const { name, version, topic, codec } = contract;
  const message = {
    name,
    title: `${name} v${version}`,
    contentType: codec.contentType,
    headers: eventHeaders(contract),
    payload: reference('components', 'schemas', key),
    bindings: messageBindings(contract),
    'x-readable-versions': readableVersions(contract),
  };
  return { key, topic, contract, message, isOriginal: true };
}

function failureOf(contract: Contract, { topic, purpose, headers = [] }: FailureTopic): Entry {
  const { name, version, codec } = contract;
  const isRetry = purpose === 'retry';
  const message = {
    name: `${name}.${purpose}`,
    title: `${name} v${version}, ${isRetry ? 'to be tried again' : 'failed'}`,
    description: 'Key, value and headers as they came, with the headers of the failure added.',
    ...(isRetry ? { contentType: codec.contentType } : {}),
    headers: failureHeaders(headers),
    // What could not be read is there as it came, so it need not satisfy the contract.
    ...(isRetry ? { payload: reference('components', 'schemas', contractKey(contract)) } : {}),
    bindings: messageBindings(contract),
  };
  return {
    key: `${contractKey(contract)}-on-${topic}`,
    topic,
    contract,
    message,
    isOriginal: false,
  };
}

function messageBindings({ keyed }: Contract): JsonSchema {
  return { kafka: { ...(keyed ? { key: { type: 'string' } } : {}), ...BINDING } };
}

function channelsOf(entries: readonly Entry[]): JsonSchema {
  const topics = [...new Set(entries.map(({ topic }) => topic))].sort(byText);
  return Object.fromEntries(
    topics.map((topic) => {
      const own = entries.filter((entry) => entry.topic === topic);
      const messages = own.map(({ key }) => [key, reference('components', 'messages', key)]);
      return [
        topic,
        {
          address: topic,
          messages: Object.fromEntries(messages) as JsonSchema,
          bindings: { kafka: channelBinding(own) },
        },
      ];
    }),
  );
}

/** Settings that contracts of one topic disagree about are not told: the topic decides. */
function channelBinding(entries: readonly Entry[]): JsonSchema {
  const originals = entries.filter(({ isOriginal }) => isOriginal);
  const counts = new Set(originals.map(({ contract }) => contract.topicSettings.partitions));
  const [partitions] = counts;
  const isAgreed = counts.size === 1 && partitions !== undefined;
  return { ...(isAgreed ? { partitions } : {}), ...BINDING };
}

function operationsOf(entries: readonly Entry[], actions: readonly AsyncApiAction[]): JsonSchema {
  const originals = entries.filter(({ isOriginal }) => isOriginal);
  return Object.fromEntries(
    originals.flatMap(({ key, topic }) =>
      ASYNC_API_ACTIONS.filter((action) => actions.includes(action)).map((action) => [
        `${action}.${key}`,
        {
          action,
          channel: reference('channels', topic),
          messages: [reference('channels', topic, 'messages', key)],
        },
      ]),
    ),
  );
}

/** Inside the document a reference begins at the document's root, not at the schema's. */
function payloadOf(contract: Contract): unknown {
  const { $schema, ...schema } = jsonSchemaOf(contract, 'draft-07');
  void $schema;
  const root = `#/components/schemas/${contractKey(contract)}`;
  return mapSchemas(schema, (part) => {
    const { $ref: target } = part;
    if (typeof target !== 'string' || !target.startsWith('#')) return part;
    return { ...part, $ref: `${root}${target.slice(1)}` };
  });
}

import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Codec } from './codec';
import { ContractDefinitionInvalidError } from './contracts.errors';
import { jsonCodec } from './json.codec';
import type { JsonSchemaTarget } from './schemas/json-schema';
import type { JsonSchema } from './schemas/structure';
import { upcastChain } from './upcast';
import type { Upcaster } from './upcast';

export interface ContractDefinition<Schema extends StandardSchemaV1> {
  /** `<domain>.<entity>.<past-tense-verb>`; becomes `ce_type`; example `metals.price.quoted`. */
  readonly name: string;
  /** Version of the schema, from 1. */
  readonly version: number;
  readonly topic: string;
  /** The ordering unit: publisher, lanes and sinks use it. Default: no key. */
  readonly key?: (event: StandardSchemaV1.InferOutput<Schema>) => string;
  /** Any Standard Schema, synchronous. Unknown fields are its business: refuse them. */
  readonly schema: Schema;
  /** From version n to n + 1, one for each older version still readable. */
  readonly upcast?: Readonly<Record<number, Upcaster>>;
  /** Paths that logs, spans and consoles mask; example `['customer.email']`. Default: none. */
  readonly personalData?: readonly string[];
  /**
   * The schema as JSON Schema, for vendors whose schemas cannot say it themselves; it wins over what
   * they say. Default: the trait `~standard.jsonSchema` of the schema, of its input.
   *
   * @example jsonSchema: (target) => z.toJSONSchema(schema, { target, io: 'input' })
   */
  readonly jsonSchema?: (target: JsonSchemaTarget) => JsonSchema;
  /** Default: {@link jsonCodec}. */
  readonly codec?: Codec;
  /** How the topic is made when it is missing; default: settings of the Kafka adapter. */
  readonly topicSettings?: {
    readonly partitions?: number;
    readonly configs?: Readonly<Record<string, string>>;
  };
}

/** What can be said of a contract without its event type. */
export interface ContractIdentity {
  readonly name: string;
  readonly version: number;
  readonly topic: string;
  readonly personalData: readonly string[];
  readonly topicSettings: {
    readonly partitions?: number;
    readonly configs?: Readonly<Record<string, string>>;
  };
}

/** One event type: schema, topic, key and version. Made by {@link defineContract}, never by hand. */
export interface Contract<Event = unknown> extends ContractIdentity {
  readonly schema: StandardSchemaV1<unknown, Event>;
  readonly codec: Codec;
  /** True when its records have keys. */
  readonly keyed: boolean;
  readonly jsonSchema?: (target: JsonSchemaTarget) => JsonSchema;
  /** @returns null when the contract has no key. */
  keyOf(event: Event): string | null;
  /**
   * Brings the value of an older version up to this one; the version is known to be readable.
   *
   * @throws {ContractUpcastFailedError} CONTRACT_UPCAST_FAILED with the step that failed.
   */
  upcast(value: unknown, fromVersion: number): unknown;
  /** True when a value of that version can be read. */
  reads(version: number): boolean;
}

/** True for what {@link defineContract} made; for commands that look through a module's exports. */
export function isContract(candidate: unknown): candidate is Contract {
  if (typeof candidate !== 'object' || candidate === null) return false;
  const { name, version, topic, codec, keyOf, reads, upcast } = candidate as Partial<Contract>;
  const functions = [keyOf, reads, upcast].every((part) => typeof part === 'function');
  const texts = typeof name === 'string' && typeof topic === 'string';
  return functions && texts && typeof version === 'number' && typeof codec === 'object';
}

/** The event type of a contract: `type PriceQuoted = EventOf<typeof PriceQuoted>`. */
export type EventOf<C> = C extends Contract<infer Event> ? Event : never;

const NAME = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/;
/** Kafka refuses `.` and `..`; the rest of its 249 characters is for names derived from this one. */
const TOPIC = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,200}$/;

/**
 * Defines an event type once; type, validation, topic and key follow from it.
 *
 * @throws {ContractDefinitionInvalidError} CONTRACT_DEFINITION_INVALID when name, version, topic or
 * the chain of upcasters is wrong: at start, never per record.
 * @see docs/architecture.md, "How a record is processed"
 */
export function defineContract<Schema extends StandardSchemaV1>(
  definition: ContractDefinition<Schema>,
): Contract<StandardSchemaV1.InferOutput<Schema>> {
  refuseBadDefinition(definition);
  const { name, version, topic, key, schema, upcast = {}, codec = jsonCodec } = definition;
  const oldest = Math.min(version, ...Object.keys(upcast).map(Number));
  return Object.freeze({
    name,
    version,
    topic,
    schema,
    codec,
    keyed: key !== undefined,
    ...(definition.jsonSchema === undefined ? {} : { jsonSchema: definition.jsonSchema }),
    personalData: definition.personalData ?? [],
    topicSettings: definition.topicSettings ?? {},
    keyOf: (event: StandardSchemaV1.InferOutput<Schema>) => (key === undefined ? null : key(event)),
    reads: (candidate: number) =>
      Number.isInteger(candidate) && candidate >= oldest && candidate <= version,
    upcast: upcastChain(name, version, upcast),
  });
}

function refuseBadDefinition(
  definition: Pick<ContractDefinition<StandardSchemaV1>, 'name' | 'version' | 'topic' | 'upcast'>,
): void {
  const problems: string[] = [];
  if (!NAME.test(definition.name)) problems.push('name must look like domain.entity.verb');
  if (!Number.isInteger(definition.version) || definition.version < 1) {
    problems.push('version must be a whole number from 1');
  }
  if (!TOPIC.test(definition.topic)) {
    problems.push('topic must have 1-200 characters of a-z A-Z 0-9 . _ -');
  }
  const versions = Object.keys(definition.upcast ?? {})
    .map(Number)
    .sort((a, b) => a - b);
  versions.forEach((from, index) => {
    const next = versions[index + 1] ?? definition.version;
    if (next !== from + 1) problems.push(`upcast has a gap after version ${from}`);
  });
  if (problems.length > 0) {
    throw new ContractDefinitionInvalidError({
      message: `contract "${definition.name}": ${problems.join('; ')}`,
      facts: { contract: definition.name, problems },
    });
  }
}

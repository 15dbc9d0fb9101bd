import type { StandardJSONSchemaV1 } from '@standard-schema/spec';
import type { Contract } from '../contract';
import { ContractDefinitionInvalidError, ContractSchemaUnknownError } from '../contracts.errors';
import { markField } from './personal-data';
import type { JsonSchema } from './structure';

/** Dialects that are written: 2020-12 for files, draft 7 inside AsyncAPI. */
export const JSON_SCHEMA_TARGETS = ['draft-2020-12', 'draft-07'] as const;
export type JsonSchemaTarget = (typeof JSON_SCHEMA_TARGETS)[number];

const DIALECTS: Readonly<Record<JsonSchemaTarget, string>> = {
  'draft-2020-12': 'https://json-schema.org/draft/2020-12/schema',
  'draft-07': 'http://json-schema.org/draft-07/schema#',
};

/**
 * Tells what a reader of a contract accepts, as JSON Schema.
 *
 * Promise: the same contract gives the same document; nothing of the contract's schema is changed.
 * Fields of `personalData` carry `x-personal-data: true`, the document the name and the version.
 *
 * @param target - dialect; default `draft-2020-12`.
 * @throws {ContractSchemaUnknownError} CONTRACT_SCHEMA_UNKNOWN when neither the contract's
 * `jsonSchema` nor the vendor of its schema can tell.
 * @throws {ContractDefinitionInvalidError} CONTRACT_DEFINITION_INVALID when `personalData` names a
 * field that the schema does not have: it would be shown in the clear.
 * @see https://standardschema.dev/json-schema
 */
export function jsonSchemaOf(
  contract: Contract,
  target: JsonSchemaTarget = 'draft-2020-12',
): JsonSchema {
  // A copy of plain JSON: the vendor's may be frozen, cached or hold `undefined`.
  const said = JSON.parse(JSON.stringify(askVendor(contract, target))) as Record<string, unknown>;
  const { title = contract.name } = said;
  const schema: Record<string, unknown> = {
    $schema: '',
    title,
    'x-contract': `${contract.name} v${contract.version}`,
    ...said,
  };
  schema['$schema'] = DIALECTS[target];
  const missing = contract.personalData.filter((path) => !markField(schema, path));
  if (missing.length > 0) throw unknownFields(contract, missing);
  return schema;
}

function askVendor(contract: Contract, target: JsonSchemaTarget): JsonSchema {
  const props = contract.schema['~standard'] as (typeof contract.schema)['~standard'] &
    Partial<StandardJSONSchemaV1.Props>;
  try {
    const said = contract.jsonSchema?.(target) ?? props.jsonSchema?.input({ target });
    if (typeof said === 'object' && said !== null && !Array.isArray(said)) return said;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it threw';
    throw schemaUnknown(contract, `${props.vendor} refuses: ${why}`, cause);
  }
  throw schemaUnknown(contract, `schemas of ${props.vendor} have no ~standard.jsonSchema`);
}

function schemaUnknown(contract: Contract, why: string, cause?: unknown): Error {
  return new ContractSchemaUnknownError({
    message: `${contract.name} v${contract.version}: ${why}`,
    cause,
    facts: { contract: contract.name, version: contract.version },
  });
}

function unknownFields(contract: Contract, paths: readonly string[]): Error {
  const list = paths.join(', ');
  return new ContractDefinitionInvalidError({
    message: `contract "${contract.name}": personalData names ${list}, which its schema has not`,
    facts: { contract: contract.name, fields: paths },
  });
}

// @ts-check
import { readFileSync } from 'node:fs';
import kafkajs from 'kafkajs';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, ResourcePatternTypes } =
  kafkajs;

/**
 * What one identity may do with what; its name is the common name of its certificate, and its SASL user.
 *
 * @typedef {{ resource: 'topic' | 'group', name: string, pattern: 'literal' | 'prefixed', operations: readonly Operation[] }} Grant
 * @typedef {keyof typeof OPERATIONS} Operation
 * @typedef {Readonly<Record<string, readonly Grant[]>>} Grants
 */

const OPERATIONS = /** @type {const} */ ({
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
});
const RESOURCES = { topic: AclResourceTypes.TOPIC, group: AclResourceTypes.GROUP };
const PATTERNS = { literal: ResourcePatternTypes.LITERAL, prefixed: ResourcePatternTypes.PREFIXED };

/** @param {string} file - like deploy/kafka/acls.json. @returns {Grants} */
export const readGrants = (file) => JSON.parse(readFileSync(file, 'utf8'));

/**
 * Turns grants into entries of Kafka, one per operation, from every host.
 *
 * @param {Grants} grants
 * @returns {import('kafkajs').AclEntry[]}
 * @throws {TypeError} for a word that Kafka does not know: nothing is granted by a typing mistake.
 */
export function aclEntries(grants) {
  return Object.entries(grants).flatMap(([identity, list]) =>
    list.flatMap(({ resource, name, pattern, operations }) =>
      operations.map((operation) => ({
        principal: `User:${identity}`,
        host: '*',
        permissionType: AclPermissionTypes.ALLOW,
        resourceType: known(RESOURCES, resource),
        resourceName: name,
        resourcePatternType: known(PATTERNS, pattern),
        operation: known(OPERATIONS, operation),
      })),
    ),
  );
}

/**
 * Tells the brokers what each identity may do; what they know already stays as it is.
 *
 * @param {{ brokers: readonly string[], ssl: { ca: string, cert: string, key: string }, entries: import('kafkajs').AclEntry[] }} options - `ssl` of a super user, PEM.
 */
export async function applyAcls({ brokers, ssl, entries }) {
  const client = { clientId: 'millrace-acls', retry: { retries: 2 }, logLevel: 0 };
  const admin = new Kafka({ ...client, brokers: [...brokers], ssl }).admin();
  await admin.connect();
  try {
    await admin.createAcls({ acl: entries });
  } finally {
    await admin.disconnect();
  }
}

/** @template T @param {Readonly<Record<string, T>>} words @param {string} word @returns {T} */
function known(words, word) {
  const found = Object.hasOwn(words, word) ? words[word] : undefined;
  if (found === undefined)
    throw new TypeError(`"${word}" is none of ${Object.keys(words).join(', ')}`);
  return found;
}

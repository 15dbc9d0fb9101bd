import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { METALS } from 'millrace/events';
import { MAX_BATCH_ITEMS } from './produce.request';

type Schema = Parameters<typeof ApiResponse>[0] extends infer Options
  ? Extract<Options, { schema: unknown }>['schema']
  : never;

const price: Schema = {
  type: 'object',
  required: ['metal', 'price'],
  additionalProperties: false,
  properties: {
    metal: { type: 'string', enum: [...METALS] },
    price: { type: 'number', exclusiveMinimum: true, minimum: 0, example: 2031.5 },
    currency: { type: 'string', pattern: '^[A-Z]{3}$', default: 'USD' },
    observedAt: { type: 'string', format: 'date-time', description: 'UTC; default now' },
  },
};

const accepted: Schema = {
  type: 'object',
  required: ['eventId', 'topic', 'partition', 'offset'],
  properties: {
    eventId: { type: 'string' },
    topic: { type: 'string', example: 'metals-prices' },
    partition: { type: 'integer' },
    offset: { type: 'string', description: 'decimal; offsets have 64 bits' },
  },
};

/** Shape of every refusal. */
export const PROBLEM_SCHEMA: Schema = {
  type: 'object',
  required: ['code', 'message', 'docs'],
  properties: {
    code: { type: 'string', example: 'CONTRACT_INVALID' },
    message: { type: 'string' },
    issues: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
    eventId: { type: 'string', description: 'with 503: repeat with it as Idempotency-Key' },
    docs: { type: 'string' },
  },
};

const batch: Schema = {
  type: 'object',
  properties: {
    results: {
      type: 'array',
      items: {
        type: 'object',
        required: ['index', 'status'],
        properties: { index: { type: 'integer' }, status: { type: 'integer' } },
        additionalProperties: true,
      },
    },
  },
};

const REFUSALS: readonly (readonly [number, string])[] = [
  [400, 'The body is malformed or a field is wrong; `issues` names each.'],
  [413, 'The body is too large.'],
  [415, 'The content type is not read here.'],
  [429, 'Too many requests; only where a limit is set. Retry-After says when.'],
  [503, 'Kafka is away or overloaded. Repeat after Retry-After with the same event id.'],
];

const refusals = () =>
  REFUSALS.map(([status, description]) =>
    ApiResponse({ status, description, schema: PROBLEM_SCHEMA }),
  );

const idempotencyKey = (description: string) =>
  ApiHeader({ name: 'Idempotency-Key', required: false, description });

/** Describes `POST /produce`. */
export function DescribeProduce(): MethodDecorator {
  return applyDecorators(
    ApiTags('prices'),
    ApiOperation({ summary: 'Publish one price' }),
    ApiConsumes('application/json'),
    idempotencyKey('Becomes the event id: a repeat is the same event. Default: a UUIDv7.'),
    ApiBody({ schema: price }),
    ApiResponse({ status: 200, description: 'All in-sync replicas have it.', schema: accepted }),
    ...refusals(),
  );
}

/** Describes `POST /produce/batch`. */
export function DescribeProduceBatch(): MethodDecorator {
  return applyDecorators(
    ApiTags('prices'),
    ApiOperation({ summary: `Publish up to ${MAX_BATCH_ITEMS} prices` }),
    ApiConsumes('application/json', 'application/x-ndjson'),
    idempotencyKey('The event ids become `<key>:<index>`, from 0. Default: UUIDv7.'),
    ApiBody({ schema: { type: 'array', maxItems: MAX_BATCH_ITEMS, items: price } }),
    ApiResponse({ status: 200, description: 'Every item is accepted.', schema: batch }),
    ApiResponse({ status: 207, description: 'Look at the status of each item.', schema: batch }),
    ...refusals(),
  );
}

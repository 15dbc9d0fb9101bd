import { z } from 'zod';
import { CONSOLE_ERRORS } from '../console.errors';
import { STATUS_OF_CODE } from '../http/statuses';
import { API_PATH } from './route-table';
import type { Route } from './route';

const PROBLEM = { $ref: '#/components/responses/Problem' };

/** Describes the route table as OpenAPI 3.1; schemas are those that requests are looked at with. */
export function openApiOf(routes: readonly Route[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace console',
      version: '1',
      description: 'What operators see and do. Every write is audited before it is done.',
    },
    servers: [{ url: API_PATH }],
    security: [{ token: [] }, { cookie: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'millrace_console' },
      },
      responses: { Problem: problemResponse() },
    },
  };
}

function operationOf(route: Route): Record<string, unknown> {
  const { method, kind, role, action, summary, answers } = route;
  return {
    operationId: `${method.toLowerCase()}${route.path.replace(/[^A-Za-z]+(\w?)/g, (_all, letter: string) => letter.toUpperCase())}`,
    summary,
    description: `Action ${action}; from the role ${role} on.`,
    parameters: [
      ...fieldsOf(route.params, 'path'),
      ...fieldsOf(route.query, 'query'),
      ...(method === 'POST' ? headersOf(kind) : []),
    ],
    ...(route.body === null
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(route.body) } },
          },
        }),
    responses: { ...responsesOf(answers, kind), default: PROBLEM },
  };
}

function responsesOf(answers: Route['answers'], kind: Route['kind']): Record<string, unknown> {
  const type = kind === 'stream' ? 'text/event-stream' : 'application/json';
  const entries = Object.entries(answers).map(([status, description]) => {
    const content = status === '204' ? {} : { content: { [type]: { schema: {} } } };
    return [status, { description, ...content }];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function fieldsOf(schema: z.ZodObject | null, place: 'path' | 'query'): readonly unknown[] {
  if (schema === null) return [];
  const { properties = {}, required = [] } = schemaOf(schema) as {
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, field]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: field,
  }));
}

function headersOf(kind: Route['kind']): readonly unknown[] {
  const own = { name: 'X-Millrace-Console', in: 'header', required: true, schema: { const: '1' } };
  const key = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'Needed for everything but a dry run; a repeat has the key of the first.',
    schema: { type: 'string', minLength: 1, maxLength: 128 },
  };
  return kind === 'write' ? [own, key] : [own];
}

function schemaOf(schema: z.ZodType): unknown {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}

function problemResponse(): Record<string, unknown> {
  const known = [
    ...Object.keys(STATUS_OF_CODE),
    ...CONSOLE_ERRORS.map(({ definition }) => definition.code),
  ];
  const text = { type: 'string' };
  const issue = { type: 'object', properties: { path: text, message: text } };
  return {
    description: 'A refusal, in the form of RFC 9457.',
    content: {
      'application/problem+json': {
        schema: {
          type: 'object',
          required: ['type', 'title', 'status', 'code', 'detail'],
          properties: {
            type: text,
            title: text,
            status: { type: 'integer' },
            code: { ...text, examples: [...new Set(known)].sort() },
            detail: text,
            issues: { type: 'array', items: issue },
          },
        },
      },
    },
  };
}

import Ajv from 'ajv/dist/2020';
import { z } from 'zod';
import { ConsoleLab } from '../fakes/console.lab';
import { CONSOLE_ERRORS } from '../console.errors';

/** What OpenAPI 3.1 asks of the parts that we use. */
const description = z.string().min(1);
const schema = z.record(z.string(), z.unknown());
const content = z.record(z.string().regex(/^[a-z]+\/[a-z+.-]+$/), z.strictObject({ schema }));
const response = z.union([
  z.strictObject({ description, content: content.optional() }),
  z.strictObject({ $ref: z.literal('#/components/responses/Problem') }),
]);
const parameter = z.strictObject({
  name: z.string().min(1),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean(),
  description: description.optional(),
  schema,
});
const operation = z.strictObject({
  operationId: z.string().regex(/^[a-zA-Z]+$/),
  summary: description,
  description,
  parameters: z.array(parameter),
  requestBody: z.strictObject({ required: z.literal(true), content }).optional(),
  responses: z.record(z.string().regex(/^(\d{3}|default)$/), response),
});
const document = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({ title: description, version: description, description }),
  servers: z.array(z.strictObject({ url: z.string() })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(z.string().regex(/^\//), z.record(z.enum(['get', 'post']), operation.optional())),
  components: z.strictObject({
    securitySchemes: z.record(z.string(), z.record(z.string(), z.string())),
    responses: z.record(z.string(), response),
  }),
});

describe('the description of the console', () => {
  let api: z.output<typeof document>;
  beforeAll(async () => {
    const lab = await ConsoleLab.open();
    const { body } = await lab.as('viewer').get('/openapi.json');
    await lab.close();
    api = document.parse(body);
  });

  const operations = () =>
    Object.entries(api.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, found]) =>
        found === undefined ? [] : [{ path, method, ...found }],
      ),
    );

  it('[OPS-03] names every endpoint of the console', () => {
    expect(operations().map(({ method, path }) => `${method.toUpperCase()} ${path}`)).toEqual(
      expect.arrayContaining([
        'GET /handlers',
        'GET /lag',
        'GET /dead-letters',
        'GET /dead-letters/groups',
        'GET /dead-letters/{topic}/{partition}/{offset}',
        'GET /redrives',
        'GET /redrives/{id}',
        'GET /replays',
        'GET /replays/{id}',
        'GET /config',
        'GET /activity',
        'GET /stream',
        'POST /handlers/{id}/pause',
        'POST /handlers/{id}/resume',
        'POST /lines/{group}/resume',
        'POST /dead-letters/redrive',
        'POST /dead-letters/park',
        'POST /redrives/{id}/cancel',
        'POST /replay',
        'POST /replays/{id}/cancel',
      ]),
    );
  });

  it('has an operation id of its own for each, and describes the words of each path', () => {
    const ids = operations().map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, parameters } of operations()) {
      const words = [...path.matchAll(/\{(\w+)\}/g)].map(([, word]) => word);
      const described = parameters.filter(({ in: place }) => place === 'path');
      expect(described.map(({ name, required }) => [name, required])).toEqual(
        words.map((word) => [word, true]),
      );
    }
  });

  it('has schemas that are JSON Schema 2020-12, the dialect of OpenAPI 3.1', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const schemas = operations().flatMap(({ parameters, requestBody }) => [
      ...parameters.map((one) => one.schema),
      ...Object.values(requestBody?.content ?? {}).map((one) => one.schema),
    ]);
    expect(schemas.length).toBeGreaterThan(30);
    for (const one of schemas) expect(() => ajv.compile(one)).not.toThrow();
  });

  it('takes the bodies that the console takes, and no other', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const body = api.paths['/replay']?.post?.requestBody?.content['application/json']?.schema ?? {};
    const takes = ajv.compile(body);
    expect(takes({ groupId: 'g', topic: 't', from: 'beginning' })).toBe(true);
    expect(takes({ groupId: 'g', topic: 't', from: { offsets: { 0: '12' } } })).toBe(true);
    expect(takes({ groupId: 'g', topic: 't', from: 'end' })).toBe(false);
    expect(takes({ groupId: 'g', topic: 't', from: 'beginning', live: true })).toBe(false);
  });

  it('names every code that a refusal may have', () => {
    const text = JSON.stringify(api.components.responses);
    const missing = CONSOLE_ERRORS.filter(({ definition }) => !text.includes(definition.code));
    expect(missing).toEqual([]);
  });
});

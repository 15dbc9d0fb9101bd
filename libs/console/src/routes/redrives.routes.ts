import { RedriveUnknownError } from 'millrace/operations';
import type { RedriveSpec } from 'millrace/operations';
import { z } from 'zod';
import { CONSOLE_DEFAULTS } from '../console.options';
import { filterOf, letterFilter } from './letter.filters';
import { letterView } from './letter.views';
import { jobView } from './job.views';
import type { Route } from './route';
import { route } from './route';
import { dryRunFields, jobId, limitText, position, reason } from './schemas';
import type { ConsoleServices } from './services';
import { refuseRate } from './rates';

const { pageRecords } = CONSOLE_DEFAULTS;

const redriveBody = z
  .strictObject({
    ...dryRunFields('says what would be sent, and sends nothing'),
    filter: letterFilter.optional().describe('Everything that fits; either filter or positions.'),
    positions: z.array(position).min(1).max(pageRecords).optional(),
    ratePerSecond: z.int().min(1).optional(),
    maxRecords: z.int().min(1).optional(),
    maxRedrives: z.int().min(1).max(100).optional(),
    force: z.boolean().optional().describe('Past the loop guard; needs the role admin.'),
  })
  .refine(({ filter, positions }) => (filter === undefined) !== (positions === undefined), {
    message: 'either filter or positions must be given',
    path: ['filter'],
  });

type RedriveBody = z.output<typeof redriveBody>;

/** Sending dead letters back, and what came of it. */
export function redriveRoutes(services: ConsoleServices): readonly Route[] {
  return [startRoute(services), ...jobRoutes(services)];
}

function startRoute({ operations, console: values }: ConsoleServices): Route {
  const showsMessages = values.messages === 'on';
  return route({
    method: 'POST',
    path: '/dead-letters/redrive',
    kind: 'write',
    action: 'redrive',
    role: 'operator',
    summary: 'Sends dead letters back to the group that failed; a dry run unless told otherwise.',
    body: redriveBody,
    answers: { 200: 'What would be sent.', 202: 'The job that sends it.' },
    isScan: true,
    isDryRun: ({ dryRun = true }) => dryRun,
    grantOf: ({ force = false }) =>
      force ? { action: 'redrive.force', role: 'admin' } : { action: 'redrive', role: 'operator' },
    pipelineOf: ({ body }) => body.filter?.groupId ?? null,
    handle: async ({ body, user }) => {
      refuseRate(body.ratePerSecond, values.redriveMaxRate);
      const spec = specOf(body, showsMessages);
      if (body.dryRun ?? true) {
        const { samples, ...preview } = await operations.redrives.preview(spec);
        const shown = samples.map((letter) => letterView(letter, showsMessages));
        return { status: 200, body: { dryRun: true, ...preview, samples: shown } };
      }
      const actor = { by: user.name, reason: body.reason ?? '' };
      return { status: 202, body: jobView(await operations.redrives.start(spec, actor)) };
    },
  });
}

function jobRoutes({ operations }: ConsoleServices): readonly Route[] {
  const { redrives } = operations;
  const params = z.strictObject({ id: jobId });
  return [
    route({
      method: 'GET',
      path: '/redrives',
      kind: 'read',
      action: 'jobs.read',
      role: 'viewer',
      summary: 'Redrives, newest first.',
      query: z.strictObject({ limit: limitText(pageRecords).optional() }),
      answers: { 200: 'With their progress.' },
      handle: async ({ query: { limit = pageRecords } }) => ({
        status: 200,
        body: { redrives: (await redrives.list({ limit })).map(jobView) },
      }),
    }),
    route({
      method: 'GET',
      path: '/redrives/:id',
      kind: 'read',
      action: 'jobs.read',
      role: 'viewer',
      summary: 'One redrive.',
      params,
      answers: { 200: 'With its progress.' },
      handle: async ({ params: { id } }) => {
        const job = await redrives.get(id);
        if (job === null) throw new RedriveUnknownError({ facts: { field: 'params.id' } });
        return { status: 200, body: jobView(job) };
      },
    }),
    route({
      method: 'POST',
      path: '/redrives/:id/cancel',
      kind: 'write',
      action: 'redrive.cancel',
      role: 'operator',
      summary: 'Ends a redrive; what was sent stays sent.',
      params,
      body: z.strictObject({ reason }),
      answers: { 202: 'It ends with its next record.' },
      handle: async ({ params: { id }, body, user }) => {
        const job = await redrives.cancel(id, { by: user.name, reason: body.reason });
        return { status: 202, body: jobView(job) };
      },
    }),
  ];
}

function specOf(body: RedriveBody, showsMessages: boolean): RedriveSpec {
  const { filter = {}, positions, ratePerSecond, maxRecords, maxRedrives, force } = body;
  return {
    filter: positions === undefined ? filterOf(filter, showsMessages) : { positions },
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(maxRecords === undefined ? {} : { maxRecords }),
    ...(maxRedrives === undefined ? {} : { maxRedrives }),
    ...(force === undefined ? {} : { force }),
  };
}

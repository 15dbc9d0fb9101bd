import type { ReplaySpec, Replays } from 'millrace/operations';
import { z } from 'zod';
import { ConsoleNotFoundError } from '../console.errors';
import { CONSOLE_DEFAULTS } from '../console.options';
import { jobView } from './job.views';
import { refuseRate } from './rates';
import type { Route } from './route';
import { route } from './route';
import { dryRunFields, jobId, limitText, name, readPosition, reason } from './schemas';
import type { ConsoleServices } from './services';

const { pageRecords } = CONSOLE_DEFAULTS;

const replayBody = z.strictObject({
  ...dryRunFields('says what would be read, and reads nothing'),
  groupId: name.describe('Whose handlers.'),
  topic: name,
  from: z.union([z.literal('beginning'), readPosition]),
  to: readPosition.optional().describe('Default: what the live group has committed.'),
  ratePerSecond: z.int().min(1).optional(),
});

/** Reading records again beside the live group. */
export function replayRoutes(services: ConsoleServices): readonly Route[] {
  const { replays } = services.operations;
  return [startRoute(services), ...jobRoutes(replays), cancelRoute(replays)];
}

function startRoute({ operations, console: values }: ConsoleServices): Route {
  return route({
    method: 'POST',
    path: '/replay',
    kind: 'write',
    action: 'replay',
    role: 'operator',
    summary: 'Reads records again with a shadow group; a dry run unless told otherwise.',
    body: replayBody,
    answers: { 200: 'What would be read.', 202: 'The job that reads it.' },
    isDryRun: ({ dryRun = true }) => dryRun,
    pipelineOf: ({ body }) => body.groupId,
    handle: async ({ body, user }) => {
      refuseRate(body.ratePerSecond, values.redriveMaxRate);
      const spec = specOf(body);
      if (body.dryRun ?? true) {
        const preview = await operations.replays.preview(spec);
        return { status: 200, body: { dryRun: true, ...preview } };
      }
      const actor = { by: user.name, reason: body.reason ?? '' };
      return { status: 202, body: jobView(await operations.replays.start(spec, actor)) };
    },
  });
}

async function viewOf(replays: Replays, id: string): Promise<Record<string, unknown>> {
  const job = await replays.get(id);
  if (job !== null) return jobView(job);
  const issues = [{ path: 'params.id', message: 'there is no such replay' }];
  throw new ConsoleNotFoundError({ message: 'there is no such replay', facts: { issues } });
}

const params = z.strictObject({ id: jobId });

function jobRoutes(replays: Replays): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/replays',
      kind: 'read',
      action: 'jobs.read',
      role: 'viewer',
      summary: 'Replays, newest first.',
      query: z.strictObject({ limit: limitText(pageRecords).optional() }),
      answers: { 200: 'With their progress.' },
      handle: async ({ query: { limit = pageRecords } }) => ({
        status: 200,
        body: { replays: (await replays.list({ limit })).map(jobView) },
      }),
    }),
    route({
      method: 'GET',
      path: '/replays/:id',
      kind: 'read',
      action: 'jobs.read',
      role: 'viewer',
      summary: 'One replay.',
      params,
      answers: { 200: 'With its progress.' },
      handle: async ({ params: { id } }) => ({ status: 200, body: await viewOf(replays, id) }),
    }),
  ];
}

function cancelRoute(replays: Replays): Route {
  return route({
    method: 'POST',
    path: '/replays/:id/cancel',
    kind: 'write',
    action: 'replay.cancel',
    role: 'operator',
    summary: 'Ends a replay; what was handled stays.',
    params,
    body: z.strictObject({ reason }),
    answers: { 202: '`changed` is false when it was over.' },
    handle: async ({ params: { id }, body, user }) => {
      await viewOf(replays, id);
      const changed = await replays.cancel(id, { by: user.name, reason: body.reason });
      return { status: 202, body: { ...(await viewOf(replays, id)), changed } };
    },
  });
}

function specOf({
  groupId,
  topic,
  from,
  to,
  ratePerSecond,
}: z.output<typeof replayBody>): ReplaySpec {
  return {
    groupId,
    topic,
    from,
    ...(to === undefined ? {} : { to }),
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
  };
}

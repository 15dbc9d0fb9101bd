import type { Groups } from 'millrace/operations';
import type { PauseTarget } from 'millrace/pipeline';
import { z } from 'zod';
import { moveRoute } from './move.routes';
import type { Route } from './route';
import { route } from './route';
import { name, partition, reason } from './schemas';
import type { ConsoleServices } from './services';
import { handlerViews } from './views';

const handlerId = z.strictObject({ id: name.describe('Group id of the handler.') });
const groupId = z.strictObject({ group: name });

/** A part of what a handler reads; all of it by default. */
const part = z.strictObject({
  reason,
  topic: name.optional(),
  partition: partition.optional(),
});

/** Handlers, their lag, and what operators want of them. */
export function handlerRoutes(services: ConsoleServices): readonly Route[] {
  const { groups } = services.operations;
  return [...readRoutes(groups), ...pauseRoutes(groups), lineRoute(groups), moveRoute(services)];
}

function readRoutes(groups: Groups): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/handlers',
      kind: 'read',
      action: 'handlers.read',
      role: 'viewer',
      summary: 'Handlers: state, members, lag, pauses, records in flight.',
      query: z.strictObject({ group: name.optional() }),
      answers: { 200: 'Every handler that a process has told of.' },
      pipelineOf: ({ query }) => query.group ?? null,
      handle: async ({ query }) => ({ status: 200, body: await handlerViews(groups, query.group) }),
    }),
    route({
      method: 'GET',
      path: '/lag',
      kind: 'read',
      action: 'handlers.read',
      role: 'viewer',
      summary: 'Lag in records and seconds by partition, with the owner.',
      query: z.strictObject({ group: name.optional() }),
      answers: { 200: 'By group.' },
      pipelineOf: ({ query }) => query.group ?? null,
      handle: async ({ query: { group } }) => {
        const lag = await groups.lag(group === undefined ? undefined : [group]);
        return { status: 200, body: { groups: lag } };
      },
    }),
  ];
}

function pauseRoutes(groups: Groups): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/handlers/:id/pause',
      kind: 'write',
      action: 'pause',
      role: 'operator',
      summary: 'Pauses a handler, a topic of it or a partition; its members and readiness stay.',
      params: handlerId,
      body: part,
      answers: { 200: 'It is wanted; every process applies it.' },
      pipelineOf: ({ params }) => params.id,
      handle: async ({ params, body, user }) => {
        const target = targetOf(params.id, body);
        await groups.pause(target, { by: user.name, reason: body.reason });
        return { status: 200, body: { target, wanted: 'paused' } };
      },
    }),
    route({
      method: 'POST',
      path: '/handlers/:id/resume',
      kind: 'write',
      action: 'resume',
      role: 'operator',
      summary: 'Takes exactly such a pause away.',
      params: handlerId,
      body: part,
      answers: { 200: 'It is wanted; `changed` is false when there was no such pause.' },
      pipelineOf: ({ params }) => params.id,
      handle: async ({ params, body, user }) => {
        const target = targetOf(params.id, body);
        const changed = await groups.resume(target, { by: user.name, reason: body.reason });
        return { status: 200, body: { target, wanted: 'running', changed } };
      },
    }),
  ];
}

function lineRoute(groups: Groups): Route {
  return route({
    method: 'POST',
    path: '/lines/:group/resume',
    kind: 'write',
    action: 'line.resume',
    role: 'operator',
    summary: 'Lets a group go on that has stopped itself.',
    params: groupId,
    body: z.strictObject({ reason }),
    answers: { 200: '`changed` is false when it had not stopped.' },
    pipelineOf: ({ params }) => params.group,
    handle: async ({ params: { group }, body, user }) => {
      const changed = await groups.resumeLine(group, { by: user.name, reason: body.reason });
      return { status: 200, body: { groupId: group, changed } };
    },
  });
}

function targetOf(id: string, { topic, partition: number }: z.output<typeof part>): PauseTarget {
  return {
    groupId: id,
    ...(topic === undefined ? {} : { topic }),
    ...(number === undefined ? {} : { partition: number }),
  };
}

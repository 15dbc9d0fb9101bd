import type { Groups } from 'millrace/operations';
import { z } from 'zod';
import type { Route } from './route';
import { route } from './route';
import { dryRunFields, name, readPosition } from './schemas';
import type { ConsoleServices } from './services';

const moveBody = z.strictObject({
  ...dryRunFields('says what would be moved, and moves nothing'),
  topic: name,
  to: z.union([z.enum(['beginning', 'end']), readPosition]),
});

/** Where a handler goes on, once all of its processes are stopped. */
export function moveRoute({ operations: { groups } }: ConsoleServices): Route {
  return route({
    method: 'POST',
    path: '/handlers/:id/move',
    kind: 'write',
    action: 'handlers.move',
    role: 'operator',
    summary: 'Moves the offsets of a handler without members; a dry run unless told otherwise.',
    params: z.strictObject({ id: name.describe('Group id of the handler.') }),
    body: moveBody,
    answers: { 200: 'By partition: what is moved, or would be.' },
    isDryRun: ({ dryRun = true }) => dryRun,
    pipelineOf: ({ params }) => params.id,
    handle: async ({ params: { id }, body, user }) => {
      const { dryRun = true } = body;
      const partitions = await (dryRun
        ? groups.previewMove(id, body.topic, body.to)
        : move(groups, id, body, user.name));
      return { status: 200, body: { dryRun, groupId: id, partitions } };
    },
  });
}

function move(groups: Groups, id: string, body: z.output<typeof moveBody>, by: string) {
  return groups.moveOffsets(id, body.topic, body.to, { by, reason: body.reason ?? '' });
}

import { z } from 'zod';
import { CONSOLE_DEFAULTS } from '../console.options';
import { ConsoleMessagesOffError } from '../console.errors';
import { ListCursor, cursorText } from './cursor';
import { filterOf, letterQuery } from './letter.filters';
import { letterDetails, letterView } from './letter.views';
import type { Route } from './route';
import { route } from './route';
import { limitText, name, offset, partitionText, position, reason } from './schemas';
import type { ConsoleServices } from './services';

const DEFAULT_LIMIT = 50;
const { pageRecords } = CONSOLE_DEFAULTS;

const place = z.strictObject({ topic: name, partition: partitionText, offset });

/** Dead letters: where they are, what failed alike, one of them, and putting them aside. */
export function deadLetterRoutes(services: ConsoleServices): readonly Route[] {
  return [
    listRoute(services),
    groupsRoute(services),
    ...letterRoutes(services),
    parkRoute(services),
  ];
}

function listRoute({ operations, console: values }: ConsoleServices): Route {
  const showsMessages = values.messages === 'on';
  return route({
    method: 'GET',
    path: '/dead-letters',
    kind: 'read',
    action: 'dead-letters.read',
    role: 'viewer',
    isScan: true,
    summary: 'Dead letters that fit, oldest first; values are not among them.',
    query: letterQuery.extend({
      limit: limitText(pageRecords).optional(),
      cursor: cursorText.optional(),
    }),
    answers: { 200: 'A page; `cursor` is null at the end.' },
    pipelineOf: ({ query }) => query.groupId ?? null,
    handle: async ({ query: { limit = DEFAULT_LIMIT, cursor, ...query }, signal }) => {
      const filter = filterOf(query, showsMessages);
      const passed = new ListCursor(cursor);
      const from = (range: Parameters<ListCursor['offsetOf']>[0]) => passed.offsetOf(range);
      const letters: unknown[] = [];
      let hasMore = false;
      const scan = operations.deadLetters.scan(filter, { limit: limit + 1, signal, from });
      for await (const letter of scan) {
        hasMore = letters.length === limit;
        if (hasMore) break;
        passed.pass(letter.position);
        letters.push(letterView(letter, showsMessages));
      }
      return { status: 200, body: { letters, cursor: hasMore ? passed.toString() : null } };
    },
  });
}

function groupsRoute({ operations, console: values }: ConsoleServices): Route {
  return route({
    method: 'GET',
    path: '/dead-letters/groups',
    kind: 'read',
    action: 'dead-letters.read',
    role: 'viewer',
    isScan: true,
    summary: 'Dead letters that failed alike, most frequent first.',
    query: letterQuery,
    answers: { 200: 'At most 100 groups; `total` says how many there are.' },
    pipelineOf: ({ query }) => query.groupId ?? null,
    handle: async ({ query, signal }) => {
      const filter = filterOf(query, values.messages === 'on');
      const groups = await operations.deadLetters.groups(filter, { signal });
      return {
        status: 200,
        body: { groups: groups.slice(0, pageRecords), total: groups.length },
      };
    },
  });
}

function letterRoutes({ operations, audit, clock, console: values }: ConsoleServices): Route[] {
  const showsMessages = values.messages === 'on';
  return [
    route({
      method: 'GET',
      path: '/dead-letters/:topic/:partition/:offset',
      kind: 'read',
      action: 'dead-letters.read',
      role: 'viewer',
      summary: 'One dead letter with headers and value; personal data is masked.',
      params: place,
      answers: { 200: 'At most 64 kB of the value.' },
      handle: async ({ params }) => {
        const view = await operations.deadLetters.show(params);
        return { status: 200, body: letterDetails(view, showsMessages) };
      },
    }),
    route({
      method: 'POST',
      path: '/dead-letters/:topic/:partition/:offset/reveal',
      kind: 'write',
      action: 'dead-letters.reveal',
      role: 'admin',
      summary: 'One dead letter as it is, personal data included; audited.',
      params: place,
      body: z.strictObject({ reason }),
      answers: { 200: 'At most 64 kB of the value.' },
      handle: async ({ params, body, user }) => {
        if (!showsMessages) throw new ConsoleMessagesOffError();
        const target = { ...params, offset: params.offset.toString() };
        const at = new Date(clock.now());
        await audit.append({
          at,
          by: user.name,
          reason: body.reason,
          action: 'dead-letters.reveal',
          target,
        });
        const view = await operations.deadLetters.show(params, { values: 'as-is' });
        return { status: 200, isPrivate: true, body: letterDetails(view, true) };
      },
    }),
  ];
}

function parkRoute({ operations }: ConsoleServices): Route {
  return route({
    method: 'POST',
    path: '/dead-letters/park',
    kind: 'write',
    action: 'dead-letters.park',
    role: 'operator',
    summary: 'Puts dead letters aside, all or none; lists and redrives leave them out.',
    body: z.strictObject({
      reason,
      positions: z.array(position).min(1).max(pageRecords),
      parked: z.boolean().optional().describe('false takes them back.'),
    }),
    answers: { 200: 'How many of them it was.' },
    handle: async ({ body: { positions, parked = true, reason: why }, user }) => {
      const actor = { by: user.name, reason: why };
      if (!parked) {
        const count = await operations.deadLetters.unpark(positions, actor);
        return { status: 200, body: { unparked: count } };
      }
      await operations.deadLetters.park(positions, actor);
      return { status: 200, body: { parked: positions.length } };
    },
  });
}

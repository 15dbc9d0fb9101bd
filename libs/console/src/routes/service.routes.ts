import { serviceSettings } from 'millrace/config';
import { asyncApiOf } from 'millrace/contracts';
import { z } from 'zod';
import { CONSOLE_DEFAULTS } from '../console.options';
import type { Route } from './route';
import { route } from './route';
import { openApiOf } from './openapi';
import { limitText, name, time } from './schemas';
import type { ConsoleServices } from './services';

const { pageRecords } = CONSOLE_DEFAULTS;

/** The service itself: settings, who did what, sign-in, events, the description of all this. */
export function serviceRoutes(
  services: ConsoleServices,
  others: readonly Route[],
): readonly Route[] {
  const own = [...readRoutes(services), contractRoute(services), ...sessionRoutes(services)];
  const known = [...others, ...own];
  const described: Route = route({
    method: 'GET',
    path: '/openapi.json',
    kind: 'read',
    action: 'api.read',
    role: 'viewer',
    summary: 'This description, as OpenAPI 3.1.',
    answers: { 200: 'OpenAPI.' },
    handle: async () => ({ status: 200, body: openApiOf([...known, described]) }),
  });
  return [...own, described];
}

function readRoutes({ operations, settings, streams }: ConsoleServices): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/config',
      kind: 'read',
      action: 'config.read',
      role: 'viewer',
      summary: 'Settings with value and source; secrets as fingerprint.',
      answers: { 200: 'By name.' },
      handle: async () => ({ status: 200, body: { settings: settings.effective() } }),
    }),
    route({
      method: 'GET',
      path: '/activity',
      kind: 'read',
      action: 'activity.read',
      role: 'viewer',
      summary: 'Who did what and why, newest first.',
      query: z.strictObject({
        since: time.optional(),
        until: time.optional(),
        action: name.optional(),
        jobId: name.optional(),
        limit: limitText(pageRecords).optional(),
      }),
      answers: { 200: 'Entries of the audit log.' },
      handle: async ({ query: { limit = pageRecords, ...query } }) => {
        const given = Object.entries(query).filter(([, value]) => value !== undefined);
        const entries = await operations.activity.list({ limit, ...Object.fromEntries(given) });
        return { status: 200, body: { entries } };
      },
    }),
    route({
      method: 'GET',
      path: '/stream',
      kind: 'stream',
      action: 'handlers.read',
      role: 'viewer',
      summary: 'Events: `snapshot`, then a `delta` each second; goes on after Last-Event-ID.',
      answers: { 200: 'text/event-stream' },
      handle: async ({ user, response, lastEventId }) => {
        await streams.open(user, response, lastEventId);
        return 'answered';
      },
    }),
  ];
}

/** What the service receives and sends, for those who write its neighbours. */
function contractRoute({ operations, settings }: ConsoleServices): Route {
  return route({
    method: 'GET',
    path: '/asyncapi.json',
    kind: 'read',
    action: 'api.read',
    role: 'viewer',
    summary: 'Contracts of the handlers and publishers, as AsyncAPI 3.0.',
    answers: { 200: 'AsyncAPI.' },
    handle: async () => {
      const { version } = settings.get(serviceSettings);
      const body = asyncApiOf(operations.contracts(), { title: 'Events of this service', version });
      return { status: 200, body };
    },
  });
}

function sessionRoutes({ sessions }: ConsoleServices): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/session',
      kind: 'session',
      action: 'session.begin',
      role: 'viewer',
      summary: 'Exchanges a token for a cookie: event streams of browsers cannot send a token.',
      answers: { 204: 'The cookie is set.' },
      handle: async ({ user }) => ({
        status: 204,
        headers: { 'Set-Cookie': sessions.begin(user) },
      }),
    }),
    route({
      method: 'POST',
      path: '/session/end',
      kind: 'session',
      action: 'session.end',
      role: 'viewer',
      summary: 'Takes the cookie back.',
      answers: { 204: 'It is worth nothing any more.' },
      handle: async ({ cookieId }) => ({
        status: 204,
        headers: { 'Set-Cookie': sessions.end(cookieId) },
      }),
    }),
  ];
}

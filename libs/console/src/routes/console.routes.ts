import { deadLetterRoutes } from './dead-letters.routes';
import { handlerRoutes } from './handlers.routes';
import { redriveRoutes } from './redrives.routes';
import { replayRoutes } from './replays.routes';
import type { Route } from './route';
import { serviceRoutes } from './service.routes';
import type { ConsoleServices } from './services';

/** The route table: everything that the console answers. */
export function consoleRoutes(services: ConsoleServices): readonly Route[] {
  const routes = [
    ...handlerRoutes(services),
    ...deadLetterRoutes(services),
    ...redriveRoutes(services),
    ...replayRoutes(services),
  ];
  return [...routes, ...serviceRoutes(services, routes)];
}

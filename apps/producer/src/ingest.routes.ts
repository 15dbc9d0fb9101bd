import type { IncomingMessage } from 'node:http';

type Addressed = Pick<IncomingMessage, 'url'>;

// As Express matches routes: letters of any case, one slash at the end.
const INGEST = /^\/produce(?<batch>\/batch)?\/?(\?|$)/i;

/** True for the routes that take events in; asked where no route is chosen yet, or none was found. */
export function isIngest({ url = '' }: Addressed): boolean {
  return INGEST.test(url);
}

/** True for the route that takes many events at once, and so has a larger body. */
export function isBatch({ url = '' }: Addressed): boolean {
  return INGEST.exec(url)?.groups?.['batch'] !== undefined;
}

/** What can be done with the console; closed set. */
export const CONSOLE_ACTIONS = [
  'session.begin',
  'session.end',
  'handlers.read',
  'dead-letters.read',
  'jobs.read',
  'config.read',
  'activity.read',
  'api.read',
  'pause',
  'handlers.move',
  'resume',
  'line.resume',
  'dead-letters.park',
  'dead-letters.reveal',
  'redrive',
  'redrive.force',
  'redrive.cancel',
  'replay',
  'replay.cancel',
] as const;
export type ConsoleAction = (typeof CONSOLE_ACTIONS)[number];

import { invalid } from '../http/parse';

/** @throws {ConsoleRequestInvalidError} CONSOLE_REQUEST_INVALID above the rate of this console. */
export function refuseRate(ratePerSecond: number | undefined, highest: number): void {
  if (ratePerSecond === undefined || ratePerSecond <= highest) return;
  throw invalid([
    { path: 'body.ratePerSecond', message: `must be at most ${highest} on this console` },
  ]);
}

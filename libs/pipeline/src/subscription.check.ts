import { HandlerOptionsInvalidError } from './handling/handling.errors';
import type { ReadOptions, Subscription } from './subscription';

type Problem = readonly [isWrong: boolean, what: string, fix: string];

/**
 * Refuses options that cannot work, before anything starts.
 *
 * @throws {HandlerOptionsInvalidError} HANDLER_OPTIONS_INVALID naming the handler, the option and the fix.
 */
export function checkSubscription({ name, target, options }: Subscription): void {
  const problems = [...kindProblems(target.kind, options), ...valueProblems(options)];
  const found = problems.find(([isWrong]) => isWrong);
  if (found === undefined) return;
  const [, what, fix] = found;
  throw new HandlerOptionsInvalidError({ message: `${name}: ${what}`, where: name, fix });
}

function kindProblems(kind: Subscription['target']['kind'], options: ReadOptions): Problem[] {
  const { concurrencyPerPartition = 1, window, timeoutMs, inbox, offsets } = options;
  const isMany = concurrencyPerPartition > 1;
  return [
    [
      isMany && kind !== 'record',
      'concurrencyPerPartition above 1 is only for handlers of single records',
      'take it away, or use @Consumes',
    ],
    [
      isMany && window !== undefined,
      'concurrencyPerPartition above 1 handles each record alone, without a window',
      'take the window or concurrencyPerPartition away',
    ],
    [
      kind !== 'sink' && offsets === 'transaction',
      "offsets 'transaction' is for sinks: a handler has no transaction of the pipeline",
      'take offsets away, or write through a sink',
    ],
    [
      kind === 'sink' && inbox === true,
      'a sink needs no inbox: it tells repeats by its identity',
      'take inbox away',
    ],
    [
      kind === 'sink' && timeoutMs !== undefined,
      'timeoutMs is for handlers; a sink has its deadline',
      'take it away and set PIPELINE_SINK_DEADLINE_MS',
    ],
  ];
}

function valueProblems(options: ReadOptions): Problem[] {
  const { concurrencyPerPartition, timeoutMs, rateLimit, window, onOffsetLost, startAt } = options;
  const { adaptiveConcurrency } = options;
  const bounds: ReadonlyArray<readonly [string, number | undefined]> = [
    ['concurrencyPerPartition', concurrencyPerPartition],
    ['adaptiveConcurrency.max', adaptiveConcurrency?.max],
    ['timeoutMs', timeoutMs],
    ['rateLimit.records', rateLimit?.records],
    ['rateLimit.perMs', rateLimit?.perMs],
    ['window.maxRecords', window?.maxRecords],
    ['window.maxBytes', window?.maxBytes],
  ];
  return [
    ...bounds.map(([what, value]): Problem => {
      const isWrong = value !== undefined && !(Number.isSafeInteger(value) && value >= 1);
      return [isWrong, `${what} is ${value}`, `give ${what} a whole number from 1`];
    }),
    [
      window?.maxWaitMs !== undefined && !(window.maxWaitMs >= 0 && window.maxWaitMs < Infinity),
      `window.maxWaitMs is ${window?.maxWaitMs}`,
      'give window.maxWaitMs a number from 0',
    ],
    [
      onOffsetLost === 'continue-latest' && startAt !== 'latest',
      "onOffsetLost 'continue-latest' skips everything in the log, startAt 'earliest' wants all of it",
      "set startAt: 'latest' as well, or use onOffsetLost: 'continue-earliest'",
    ],
    ...ratioProblems(options),
  ];
}

function ratioProblems({ stopTheLine, circuitBreaker }: ReadOptions): Problem[] {
  const line = stopTheLine === false ? undefined : stopTheLine;
  const ratios: ReadonlyArray<readonly [string, number | undefined]> = [
    ['stopTheLine.deadLetterRatio', line?.deadLetterRatio],
    ['circuitBreaker.failureRatio', circuitBreaker?.failureRatio],
  ];
  const counts: ReadonlyArray<readonly [string, number | undefined]> = [
    ['stopTheLine.windowMs', line?.windowMs],
    ['stopTheLine.minRecords', line?.minRecords],
    ['stopTheLine.maxConsecutive', line?.maxConsecutive],
    ['circuitBreaker.windowMs', circuitBreaker?.windowMs],
    ['circuitBreaker.minCalls', circuitBreaker?.minCalls],
    ['circuitBreaker.openMs', circuitBreaker?.openMs],
  ];
  return [
    ...ratios.map(([what, value]): Problem => {
      const isWrong = value !== undefined && !(value >= 0 && value <= 1);
      return [isWrong, `${what} is ${value}`, `give ${what} a number from 0 to 1`];
    }),
    ...counts.map(([what, value]): Problem => {
      const isWrong = value !== undefined && !(value >= 1 && value < Infinity);
      return [isWrong, `${what} is ${value}`, `give ${what} a number from 1`];
    }),
  ];
}

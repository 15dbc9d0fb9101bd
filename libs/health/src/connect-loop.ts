import type { Logger } from '@nestjs/common';
import { deepestMillraceError, renderError } from 'millrace/errors';
import { errorFacts } from './error-facts';
import type { LifecycleClock } from './health.options';
import type { Participant } from './participant';
import { pause } from './within-budget';

/** Interval after the first failed attempt; unit ms. */
const FIRST_INTERVAL_MS = 500;
/** Longest interval; unit ms. */
const LONGEST_INTERVAL_MS = 10_000;

/** What the loop works with. */
export interface ConnectContext {
  readonly clock: LifecycleClock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly logger: Pick<Logger, 'log' | 'error'>;
}

/**
 * Connects participants in rising order, those of one order at the same time, each until it works.
 *
 * Resolves when all are connected or the signal fired. Never rejects.
 *
 * @param participants - read again after each order, so a participant may bring another one.
 */
export async function connectAll(
  participants: () => readonly Participant[],
  context: ConnectContext,
): Promise<void> {
  const connected = new Set<Participant>();
  while (!context.signal.aborted) {
    const waiting = participants().filter((participant) => !connected.has(participant));
    if (waiting.length === 0) return;
    const order = Math.min(...waiting.map((participant) => participant.order));
    const next = waiting.filter((participant) => participant.order === order);
    await Promise.all(next.map((participant) => connectOne(participant, context)));
    next.forEach((participant) => connected.add(participant));
  }
}

async function connectOne(participant: Participant, context: ConnectContext): Promise<void> {
  const { clock, random, signal, logger } = context;
  const what = participant.describe?.() ?? participant.name;
  let loudCode: string | undefined;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      await untilAborted(participant.connect?.(signal), signal);
      if (attempt > 1 && !signal.aborted) {
        logger.log(
          { event: 'app.connected', participant: participant.name, attempt },
          `${what} is there`,
        );
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      loudCode = sayFatalOnce(error, loudCode, logger);
      logger.log(
        { event: 'app.waiting', participant: participant.name, attempt, ...errorFacts(error) },
        `waiting for ${what} (attempt ${attempt})`,
      );
      await pause(clock, intervalMs(attempt, random), signal);
    }
  }
}

/** A mistake that waiting does not heal is told in full, once per code: an operator may yet heal it. */
function sayFatalOnce(
  error: unknown,
  saidCode: string | undefined,
  logger: ConnectContext['logger'],
): string | undefined {
  const known = deepestMillraceError(error);
  if (known?.failure !== 'fatal' || known.code === saidCode) return saidCode;
  logger.error({ event: 'app.waiting', error_code: known.code }, renderError(known));
  return known.code;
}

/** Grows from 0.5 s to 10 s; a fifth up or down, so that replicas do not knock together. */
function intervalMs(attempt: number, random: () => number): number {
  const interval = FIRST_INTERVAL_MS * 2 ** Math.min(attempt - 1, 10) * (0.8 + 0.4 * random());
  return Math.min(LONGEST_INTERVAL_MS, interval);
}

async function untilAborted(work: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  if (work === undefined || signal.aborted) return;
  let stopListening = () => {};
  const aborted = new Promise<void>((resolve) => {
    const onAbort = () => resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    stopListening = () => signal.removeEventListener('abort', onAbort);
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    stopListening();
  }
}

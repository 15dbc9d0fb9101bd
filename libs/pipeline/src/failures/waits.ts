import type { MillraceError } from 'millrace/errors';
import type { Clock, Random } from 'millrace/retry';
import { exponential, sleep } from 'millrace/retry';
import type { Breaker } from '../gates/breaker';
import type { DependencyGate } from '../gates/dependency-gate';
import type { Gates } from '../gates/gates';
import type { Failed } from './failure.plan';

export interface WaitsParts {
  readonly gates: Gates;
  readonly needs?: readonly string[];
  readonly breaker?: Breaker | null;
  readonly onFatal?: (error: MillraceError) => void;
  readonly clock: Clock;
  readonly random: Random;
}

/** Without a probe, or when the probe says yes and the write says no, only time helps. */
const UNPROBED = exponential({ initialMs: 500, maxMs: 10_000 });

/** Knows what the calls of one handler have to wait for. */
export class Waits {
  private known: readonly DependencyGate[] | null = null;

  constructor(private readonly parts: WaitsParts) {}

  /**
   * @returns null when a call may be made now; else a promise that resolves when it may, and rejects
   * with the reason of the signal.
   */
  beforeCall(signal: AbortSignal): Promise<void> | null {
    const { breaker } = this.parts;
    const mayWait = this.gates.some(({ state }) => state === 'closed');
    if (!mayWait && (breaker === null || breaker === undefined)) return null;
    return this.untilMayCall(signal);
  }

  /** Most records of one call now. */
  sliceLimit(): number {
    let limit = Number.POSITIVE_INFINITY;
    for (const gate of this.gates) limit = Math.min(limit, gate.sliceLimit());
    return limit;
  }

  /** Says how a call ended. */
  afterCall(failed: readonly Failed[]): void {
    const isWaiting = failed.some(({ verdict }) => verdict?.kind === 'wait');
    if (!isWaiting) for (const gate of this.gates) gate.passed();
    const { breaker } = this.parts;
    if (breaker === null || breaker === undefined) return;
    const isFailure = failed.some(
      ({ verdict }) => verdict?.kind === 'react' && verdict.error.failure === 'retryable',
    );
    breaker.report({ succeeded: isWaiting || isFailure ? 0 : 1, failed: isFailure ? 1 : 0 });
  }

  /** Waits for a dependency, however long. @param round - how often these records have failed, from 1. */
  async behind(
    wait: { readonly error: MillraceError; readonly dependency: string | null },
    signal: AbortSignal,
    round = 1,
  ): Promise<void> {
    const gate = wait.dependency === null ? undefined : this.parts.gates.find(wait.dependency);
    // What a call met once it needs from now on: it waits before the call, and begins small.
    if (gate !== undefined && !this.gates.includes(gate)) this.known = [...this.gates, gate];
    await this.until(wait, signal, round);
  }

  /** The same for what no call of the handler needs: the topics of failed records. */
  async until(
    { error, dependency }: { readonly error: MillraceError; readonly dependency: string | null },
    signal: AbortSignal,
    round = 1,
  ): Promise<void> {
    const { gates, clock, random, onFatal } = this.parts;
    if (error.failure === 'fatal') onFatal?.(error);
    const gate = dependency === null ? undefined : gates.find(dependency);
    await gate?.waitBehind(error, signal);
    if (gate === undefined || round > 1) {
      await sleep(clock, UNPROBED.delayMs(round, random), signal);
    }
  }

  /** Resolves when the gate of a dependency is not closed. @throws the reason of the signal. */
  async whenOpen(dependency: string, signal: AbortSignal): Promise<void> {
    const gate = this.parts.gates.find(dependency);
    if (gate?.state === 'closed') await gate.whenOpen(signal);
  }

  /** Says that a dependency did what it was asked for. */
  passed(dependency: string): void {
    const gate = this.parts.gates.find(dependency);
    // It has no slices that could grow.
    while (gate?.state === 'half-open') gate.passed();
  }

  private async untilMayCall(signal: AbortSignal): Promise<void> {
    // While one of them was waited for, another can have closed.
    for (;;) {
      const closed = this.gates.find(({ state }) => state === 'closed');
      if (closed === undefined) break;
      await closed.whenOpen(signal);
    }
    await this.parts.breaker?.enter(signal);
  }

  /** Looked up late: adapters register their dependencies while Nest starts. */
  private get gates(): readonly DependencyGate[] {
    const { gates, needs = [] } = this.parts;
    this.known ??= needs.flatMap((name) => gates.find(name) ?? []);
    return this.known;
  }
}

import type { Clock } from 'millrace/retry';
import { ConsoleBusyError, ConsoleIdempotencyConflictError } from '../console.errors';
import { jsonText } from './answer';
import type { Answer } from './answer';

/** All answers that are kept; unit characters. */
const MAX_KEPT_CHARACTERS = 8_388_608;

interface Kept {
  readonly request: string;
  readonly answer: Promise<Answer>;
  isOpen: boolean;
  characters: number;
  readonly untilMs: number;
}

export interface IdempotencyOptions {
  readonly ttlMs: number;
  readonly limit: number;
}

/**
 * Answers a repeated request with the answer of the first, and does nothing again.
 *
 * In memory of this process: what must not be there twice after a restart is told apart by
 * operations themselves (one active job of a selection, a pause is a state).
 */
export class Idempotency {
  private readonly kept = new Map<string, Kept>();
  private characters = 0;

  constructor(
    private readonly options: IdempotencyOptions,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {}

  get size(): number {
    return this.kept.size;
  }

  /**
   * @param key - of one user.
   * @param request - tells requests apart: method, path and hash of the body.
   * @throws {ConsoleIdempotencyConflictError} CONSOLE_IDEMPOTENCY_CONFLICT when the key belongs to another request.
   */
  async once(key: string, request: string, work: () => Promise<Answer>): Promise<Answer> {
    this.forgetOld();
    const known = this.kept.get(key);
    if (known === undefined) return this.keep(key, request, work);
    if (known.request !== request) throw new ConsoleIdempotencyConflictError();
    const answer = await known.answer;
    return { ...answer, headers: { ...answer.headers, 'Idempotent-Replayed': 'true' } };
  }

  private async keep(key: string, request: string, work: () => Promise<Answer>): Promise<Answer> {
    this.makeRoom();
    const untilMs = this.clock.monotonicMs() + this.options.ttlMs;
    const kept: Kept = { request, answer: work(), isOpen: true, characters: 0, untilMs };
    this.kept.set(key, kept);
    try {
      const answer = await kept.answer;
      if (answer.isPrivate === true) this.kept.delete(key);
      else this.count(kept, answer);
      return answer;
    } catch (error) {
      // Nothing was done, or nobody knows: the same request may try again.
      this.kept.delete(key);
      throw error;
    } finally {
      kept.isOpen = false;
    }
  }

  private count(kept: Kept, { body }: Answer): void {
    kept.characters = body === undefined ? 0 : jsonText(body).length;
    this.characters += kept.characters;
  }

  private makeRoom(): void {
    while (this.kept.size >= this.options.limit || this.characters > MAX_KEPT_CHARACTERS) {
      const oldest = [...this.kept].find(([, { isOpen }]) => !isOpen);
      if (oldest === undefined) throw new ConsoleBusyError();
      this.forget(oldest[0], oldest[1]);
    }
  }

  private forget(key: string, { characters }: Kept): void {
    this.kept.delete(key);
    this.characters -= characters;
  }

  /** All have the same time to live: the first is the oldest. */
  private forgetOld(): void {
    const nowMs = this.clock.monotonicMs();
    for (const [key, kept] of this.kept) {
      if (kept.untilMs > nowMs) return;
      if (!kept.isOpen) this.forget(key, kept);
    }
  }
}

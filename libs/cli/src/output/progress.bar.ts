import type { TextOutput } from '../edge';
import { number, seconds } from './text';

const WIDTH = 30;
const REDRAW_EVERY_MS = 100;
const CLEAR_LINE = '\r\u001b[2K';

/** Draws one line that grows, on a terminal only; elsewhere it is silent. */
export class ProgressBar {
  private drawnAtMs = Number.NEGATIVE_INFINITY;
  private isDrawn = false;
  private readonly startedAtMs: number;

  constructor(
    private readonly stream: TextOutput,
    private readonly clock: { monotonicMs(): number },
    private readonly what: string,
  ) {
    this.startedAtMs = clock.monotonicMs();
  }

  /** @param total - undefined while it is not known. */
  show(done: number, total?: number): void {
    const now = this.clock.monotonicMs();
    const isComplete = total !== undefined && done >= total;
    if (this.stream.isTTY !== true || (now - this.drawnAtMs < REDRAW_EVERY_MS && !isComplete))
      return;
    this.drawnAtMs = now;
    this.isDrawn = true;
    this.stream.write(`${CLEAR_LINE}${this.text(done, total, (now - this.startedAtMs) / 1_000)}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.isDrawn) this.stream.write(CLEAR_LINE);
    this.isDrawn = false;
  }

  private text(done: number, total: number | undefined, elapsed: number): string {
    const rate = elapsed > 0 ? done / elapsed : 0;
    const speed = `${number(Math.round(rate))}/s`;
    if (total === undefined) return `${this.what}  ${number(done)}  ${speed}`;
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const filled = Math.round(share * WIDTH);
    const bar = `${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}`;
    const left = rate > 0 && done < total ? `, ${seconds((total - done) / rate)} left` : '';
    return `${this.what}  [${bar}] ${number(done)} of ${number(total)}  ${speed}${left}`;
  }
}

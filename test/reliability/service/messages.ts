/** What a process of the workload tells the one that started it, over the channel of `fork`. */
export type MemberMessage =
  | { readonly kind: 'listening'; readonly url: string }
  /** Writes of this process until now; a kill between begin and end landed inside of work. */
  | { readonly kind: 'work'; readonly begun: number; readonly ended: number }
  /** Sent right before the exit; `resources` as Node names them. */
  | { readonly kind: 'leaving'; readonly code: number; readonly resources: readonly string[] };

/** Tells, or does nothing where nobody listens. */
export type Tell = (message: MemberMessage, then?: () => void) => void;

/** Counts the work of this process and tells every step, so that faults can be timed on progress. */
export class WorkCount {
  private begun = 0;
  private ended = 0;

  constructor(private readonly tell: Tell) {}

  begin(): void {
    this.begun += 1;
    this.report();
  }

  end(): void {
    this.ended += 1;
    this.report();
  }

  private report(): void {
    this.tell({ kind: 'work', begun: this.begun, ended: this.ended });
  }
}

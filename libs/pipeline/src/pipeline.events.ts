import type { Outcome } from './records/outcome';

/** Says that a slice is finished: every record of it has a durable outcome. */
export interface SliceFinished {
  readonly topic: string;
  readonly groupId: string;
  readonly pipeline: string;
  /** Records by outcome; outcomes without records are missing. */
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  readonly records: number;
  /** From the take-over by the lane's handler to the last outcome; unit s. */
  readonly durationSeconds: number;
}

export interface PipelineEventMap {
  finished: SliceFinished;
}

/** Tells the application what the pipeline did, once per slice; for metrics of its own. */
export class PipelineEvents {
  private readonly listeners = new Set<(event: SliceFinished) => void>();

  /** @returns a function that removes the listener. */
  on(event: keyof PipelineEventMap, listener: (event: SliceFinished) => void): () => void {
    event satisfies 'finished';
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(event: SliceFinished): void {
    for (const listener of this.listeners) listener(event);
  }
}

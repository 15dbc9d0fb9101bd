import type { Offset } from '../ports/driver';

/** A run of records that are worked on together. Opaque: hand it back to {@link Watermark.finish}. */
export interface Segment {
  readonly next: Offset;
  finished: boolean;
}

/**
 * Knows how far a partition may be committed.
 *
 * Promises: the committable offset never passes a segment that is not finished, whatever the order
 * in which segments finish, and never goes backwards.
 *
 * @see docs/architecture.md, "How a record is processed", step 6
 */
export class Watermark {
  private readonly segments: Segment[] = [];
  private reached: Offset | null = null;

  /**
   * Opens the next segment. Segments are opened in the order of their offsets.
   *
   * @param next - last offset of the segment + 1, gaps included.
   */
  begin(next: Offset): Segment {
    const segment: Segment = { next, finished: false };
    this.segments.push(segment);
    return segment;
  }

  /** Says that every record of the segment has a durable outcome. */
  finish(segment: Segment): void {
    segment.finished = true;
    let first = this.segments[0];
    while (first?.finished === true) {
      this.reached = first.next;
      this.segments.shift();
      first = this.segments[0];
    }
  }

  /** The next offset to read after a restart; null while nothing is finished. */
  get committable(): Offset | null {
    return this.reached;
  }

  get openSegments(): number {
    return this.segments.length;
  }
}

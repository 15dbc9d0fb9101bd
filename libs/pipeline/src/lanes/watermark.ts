import type { Offset } from '../ports/record';

/** A run of records that are worked on together. Opaque: hand it back to {@link Watermark.finish}. */
export interface Segment {
  readonly next: Offset;
  /** Unit records; 0 when they were given back. */
  records: number;
  /** Unit bytes; 0 when they were given back. */
  bytes: number;
  finished: boolean;
}

/**
 * Knows how far a partition may be committed.
 *
 * Promises: the committable offset never passes a segment that is not finished, whatever the order
 * in which segments finish, and never goes backwards: a lower one is dropped and told.
 *
 * @see docs/architecture.md, "How a record is processed", step 6
 */
export class Watermark {
  private segments: Segment[] = [];
  /** Segments before it are passed: cut off from time to time, because a shift costs their number. */
  private head = 0;
  private reached: Offset | null = null;
  private records = 0;
  private bytes = 0;

  /** @param onLowered - a segment finished below what was committable already: it came again. */
  constructor(private readonly onLowered: () => void = () => undefined) {}

  /**
   * Opens the next segment. Segments are opened in the order of their offsets.
   *
   * @param next - last offset of the segment + 1, gaps included.
   * @param size - of its records; unit records and bytes.
   */
  begin(next: Offset, size: { readonly records: number; readonly bytes: number }): Segment {
    const segment = { next, records: size.records, bytes: size.bytes, finished: false };
    this.segments.push(segment);
    this.records += segment.records;
    this.bytes += segment.bytes;
    return segment;
  }

  /** Gives back the room of a segment whose records are handled: only what it left on its way is open. */
  release(segment: Segment): void {
    this.records -= segment.records;
    this.bytes -= segment.bytes;
    segment.records = 0;
    segment.bytes = 0;
  }

  /** Says that every record of the segment has a durable outcome. */
  finish(segment: Segment): void {
    segment.finished = true;
    let first = this.segments[this.head];
    while (first?.finished === true) {
      this.pass(first);
      first = this.segments[this.head];
    }
    if (this.head < 1_024 && this.head < this.segments.length) return;
    this.segments = this.segments.slice(this.head);
    this.head = 0;
  }

  /** The next offset to read after a restart; null while nothing is finished. */
  get committable(): Offset | null {
    return this.reached;
  }

  /** Segments that are not finished, and those finished above one. */
  get openSegments(): number {
    return this.segments.length - this.head;
  }

  /** Records of the open segments that were not given back. */
  get openRecords(): number {
    return this.records;
  }

  /** Bytes of the open segments. */
  get openBytes(): number {
    return this.bytes;
  }

  private pass({ next, records, bytes }: Segment): void {
    this.head += 1;
    this.records -= records;
    this.bytes -= bytes;
    if (this.reached !== null && next < this.reached) this.onLowered();
    else this.reached = next;
  }
}

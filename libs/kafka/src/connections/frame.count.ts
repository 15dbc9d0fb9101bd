/** Bytes of the length in front of a frame. */
const HEADER_BYTES = 4;

/**
 * Counts the frames that end in a stream: each is its length in four bytes, then so many bytes.
 *
 * @see https://kafka.apache.org/protocol.html#protocol_common
 */
export class FrameCount {
  private headerBytes = 0;
  private left = 0;

  /** @returns how many frames ended within this chunk; they may have begun in earlier ones. */
  ended(chunk: Buffer): number {
    let count = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.headerBytes < HEADER_BYTES) {
        this.left = this.left * 256 + (chunk[at] ?? 0);
        this.headerBytes += 1;
        at += 1;
      } else {
        const taken = Math.min(this.left, chunk.length - at);
        this.left -= taken;
        at += taken;
      }
      if (this.headerBytes === HEADER_BYTES && this.left === 0) {
        count += 1;
        this.headerBytes = 0;
      }
    }
    return count;
  }
}

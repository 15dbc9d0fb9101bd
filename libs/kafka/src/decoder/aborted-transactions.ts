import type { BatchFrame } from './batch-frame';

/** A transaction that was given up, as a fetch tells of it. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** Type of the control record that ends an aborted transaction. */
const ABORT_MARKER = 0;

/** Which batches a reader of committed records may see. */
export class AbortedTransactions {
  private readonly waiting: AbortedTransaction[];
  private readonly open = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.waiting = [...aborted].sort((a, b) => Number(a.firstOffset - b.firstOffset));
  }

  /**
   * Asked once per batch, in the order of the log.
   *
   * @param firstKey - of the first record, which says what a control batch is about.
   */
  isVisible(frame: BatchFrame, firstKey: Buffer | null | undefined): boolean {
    const { producerId } = frame;
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      if (next.firstOffset > frame.lastOffset) break;
      this.open.add(next.producerId);
      this.waiting.shift();
    }
    if (frame.isControl) {
      if (firstKey?.length === 4 && firstKey.readInt16BE(2) === ABORT_MARKER) {
        this.open.delete(producerId);
      }
      return false;
    }
    return !(frame.isTransactional && this.open.has(producerId));
  }
}

import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** One line of the log of the handler. */
export interface Handled {
  readonly partition: number;
  readonly offset: number;
  readonly account: string;
}

/**
 * Reads what the handlers of all processes wrote down, in the order in which they did.
 *
 * Repeats are allowed after a kill or a rebalance; a record that is handled for the first time after a
 * later one of its key is not.
 */
export class OrderFindings {
  /** Records that were handled at least once. */
  handled = 0;
  /** Further handlings of the same records. */
  repeats = 0;
  violations = 0;
  private readonly seen = new Map<number, Set<number>>();
  private readonly lastFirst = new Map<string, number>();

  static async read(file: string): Promise<OrderFindings> {
    const findings = new OrderFindings();
    if (!existsSync(file)) return findings;
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const [partition, offset, account = ''] = line.split(' ');
      findings.add({ partition: Number(partition), offset: Number(offset), account });
    }
    return findings;
  }

  add({ partition, offset, account }: Handled): void {
    const seen = this.seen.get(partition) ?? new Set<number>();
    this.seen.set(partition, seen);
    if (seen.has(offset)) {
      this.repeats += 1;
      return;
    }
    seen.add(offset);
    this.handled += 1;
    const before = this.lastFirst.get(account) ?? -1;
    if (offset < before) this.violations += 1;
    else this.lastFirst.set(account, offset);
  }

  has(partition: number, offset: number): boolean {
    return this.seen.get(partition)?.has(offset) ?? false;
  }
}

import { openSync, writeSync } from 'node:fs';

/**
 * One file for all processes. A line is in it before the handler resolves; what the kernel has taken
 * survives SIGKILL, and appended lines do not mix.
 */
export class OrderLog {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  append(partition: number, offset: bigint, account: string, sequence: number): void {
    writeSync(this.file, `${partition} ${offset} ${account} ${sequence}\n`);
  }
}

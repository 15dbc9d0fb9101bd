import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const TOOL = resolve(__dirname, '../../../tools/certs/main.mjs');

/** Test code: certificates as `npm run certs` makes them, in a folder of their own. */
export class TestCertificates {
  readonly dir = mkdtempSync(join(tmpdir(), 'millrace-certs-'));

  constructor() {
    this.make('--defects');
  }

  /** Renews, or makes more; the arguments of the tool. */
  make(...args: readonly string[]): void {
    execFileSync(process.execPath, [TOOL, '--dir', this.dir, '--minutes', '60', ...args]);
  }

  path(...names: readonly string[]): string {
    return join(this.dir, ...names);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

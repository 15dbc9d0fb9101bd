import { runFramework } from './cases/framework';
import { runHandLoop } from './cases/hand-loop';
import { CpuWindow } from './cpu-window';

/** The cases of the bench; each runs in a process of its own. */
export const CASES = { handLoop: runHandLoop, framework: runFramework } as const;
export type CaseName = keyof typeof CASES;

/** What one process is told. */
export interface BenchTarget {
  readonly broker: string;
  readonly mongoUri: string;
  readonly topic: string;
  readonly groupId: string;
}

export interface CaseOrder extends BenchTarget {
  readonly name: CaseName;
  readonly warmUpRecords: number;
  readonly totalRecords: number;
}

process.once('message', (order: CaseOrder) => {
  const window = new CpuWindow(order.warmUpRecords, order.totalRecords, (figures) => {
    process.send?.(figures, () => process.exit(0));
  });
  CASES[order.name](order, window).catch((error: unknown) => {
    process.stderr.write(
      `${order.name}: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(1);
  });
});

import 'reflect-metadata';
import type { BenchTarget, CaseName, CaseOrder } from './bench.order';
import { runConsumes } from './cases/consumes';
import { runEventPattern } from './cases/event-pattern';
import { runFrameworkGuard, runFrameworkInsert } from './cases/framework-sink';
import { runHandGuard, runHandInsert } from './cases/hand-loop';
import { runIdle } from './cases/idle';
import { runNaive } from './cases/naive';
import { MeasuringWindow } from './measuring-window';

type Case = (target: BenchTarget, window: MeasuringWindow) => Promise<void>;

const CASES: Readonly<Record<CaseName, Case>> = {
  handInsert: runHandInsert,
  frameworkInsert: runFrameworkInsert,
  frameworkInsertLz4: runFrameworkInsert,
  handGuard: runHandGuard,
  frameworkGuard: runFrameworkGuard,
  eventPattern: runEventPattern,
  consumes: runConsumes,
  naive: runNaive,
  malformed: runFrameworkInsert,
  idle: runIdle,
};

process.once('message', (order: CaseOrder) => {
  const window = new MeasuringWindow(order, (figures) => {
    process.send?.(figures, () => process.exit(0));
  });
  CASES[order.name](order, window).catch((error: unknown) => {
    process.stderr.write(
      `${order.name}: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(1);
  });
});

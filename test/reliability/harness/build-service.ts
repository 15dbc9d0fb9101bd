import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ROOT } from '../../e2e/checkout';

const run = promisify(execFile);

/** Builds the workload when its sources or the libs are newer than what is in dist. */
export async function buildService(): Promise<void> {
  if (process.env['RELIABILITY_BUILT'] === '1') return;
  const body = `const { build, TARGETS } = await import('./tools/bootstrap/build.mjs');
    await build([TARGETS.tools], { print: () => undefined });`;
  await run(process.execPath, ['--input-type=module', '--eval', body], {
    cwd: ROOT,
    timeout: 180_000,
  });
}

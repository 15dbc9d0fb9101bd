import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runModule } from './module-process';

describe('a process of the engines', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-process-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const start = (marker: string) => `
    const { endProcess, findByMarker, isAlive, startDetached } = await import('./tools/engines/owned-process.mjs');
    const marker = ${JSON.stringify(join(folder, marker))};
    const args = ['-e', 'setInterval(() => {}, 1000)', marker];
    const owned = startDetached({ command: process.execPath, args, marker, logFile: ${JSON.stringify(join(folder, 'log'))} });
    while (!isAlive(owned)) await new Promise((resolve) => setTimeout(resolve, 10));
  `;

  it('is ended by its pid and its marker', () => {
    const [ended, alive] = runModule<readonly boolean[]>(`${start('first')}
      return [await endProcess(owned), isAlive(owned)];
    `);
    expect([ended, alive]).toEqual([true, false]);
  });

  it('that has the pid and another command line is left alone', () => {
    const [ended, alive] = runModule<readonly boolean[]>(`${start('second')}
      const ended = await endProcess({ pid: owned.pid, marker: marker + '-of-somebody-else' });
      const alive = isAlive(owned);
      await endProcess(owned);
      return [ended, alive];
    `);
    expect([ended, alive]).toEqual([false, true]);
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('is found by its marker when its pid was never written down', () => {
    const found = runModule<boolean>(`${start('third')}
      const found = findByMarker(marker)?.pid === owned.pid && findByMarker(marker + '-2') === undefined;
      await endProcess(owned);
      return found;
    `);
    expect(found).toBe(true);
  });
});

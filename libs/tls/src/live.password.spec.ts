import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import { FakeClock } from 'millrace/testing';
import { livePassword } from './live.password';

describe('livePassword', () => {
  let dir: string;
  let file: string;
  let said: string[];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'millrace-secret-'));
    file = join(dir, 'password');
    said = [];
    for (const level of ['log', 'warn'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation((...parts: unknown[]) => {
        said.push(String(parts[1]));
      });
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(dir, { recursive: true });
  });

  const open = async () => {
    const live = livePassword({ identity: 'kafka', file, clock: new FakeClock() });
    await live.start();
    return live;
  };

  it('reads one line, and the new one after a change', async () => {
    writeFileSync(file, 'canary-1\n');
    const live = await open();
    expect(live.current.reveal()).toBe('canary-1');
    writeFileSync(file, 'canary-2\r\nmore');
    expect(await live.refresh()).toBe(true);
    expect(live.current.reveal()).toBe('canary-2');
    expect(await live.refresh()).toBe(false);
    expect(said).toEqual(['the password of kafka was exchanged']);
    expect(inspect(live, { depth: 5 })).not.toContain('canary');
  });

  it('keeps the last one when the file is empty or gone, and says so once [S14]', async () => {
    writeFileSync(file, 'canary-1');
    const live = await open();
    writeFileSync(file, '');
    expect([await live.refresh(), await live.refresh()]).toEqual([false, false]);
    rmSync(file);
    expect(await live.refresh()).toBe(false);
    expect(live.current.reveal()).toBe('canary-1');
    expect(await live.refresh()).toBe(false);
    expect(said).toEqual([
      `the password of kafka stays as it was: the password file ${file} is empty`,
      expect.stringMatching(/^the password of kafka stays as it was: .*does not exist/),
    ]);
  });

  it('refuses to start without it', async () => {
    await expect(open()).rejects.toMatchObject({ code: 'TLS_FILE_MISSING', where: file });
    writeFileSync(file, '\n');
    await expect(open()).rejects.toMatchObject({ code: 'TLS_FILE_UNREADABLE' });
  });
});

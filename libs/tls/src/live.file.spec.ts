import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { FakeClock } from 'millrace/testing';
import { LiveFile } from './live.file';
import { LOOK_EVERY_MS } from './regular.look';
import { TlsFileUnreadableError } from './tls.errors';

describe('LiveFile', () => {
  let dir: string;
  let file: string;
  let clock: FakeClock;
  let said: string[];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'millrace-file-'));
    file = join(dir, 'words');
    clock = new FakeClock();
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

  const liveOf = (parse: (text: string) => string = wordOf) =>
    new LiveFile({ what: 'list of words', file, clock, parse });
  const wordOf = (text: string) => {
    if (text !== 'bad') return text.trim();
    throw new TlsFileUnreadableError({ message: 'the word is bad' });
  };

  it('has nothing to give before it has started', () => {
    expect(() => liveOf().current).toThrow('the list of words is not read');
  });

  it('refuses to start without a file, and with one that cannot be parsed', async () => {
    await expect(liveOf().start()).rejects.toMatchObject({ code: 'TLS_FILE_MISSING' });
    writeFileSync(file, 'bad');
    await expect(liveOf().start()).rejects.toThrow('the word is bad');
  });

  it('gives what the file says, and parses it again only when it has changed', async () => {
    const parse = jest.fn(wordOf);
    writeFileSync(file, 'one');
    const live = liveOf(parse);
    await live.start();
    expect([await live.refresh(), live.current]).toEqual([false, 'one']);
    expect(parse).toHaveBeenCalledTimes(1);
    writeFileSync(file, 'two');
    expect([await live.refresh(), live.current]).toEqual([true, 'two']);
    expect(said).toEqual(['the list of words was exchanged']);
  });

  it('keeps what was before a broken file, says so once, and takes a good one again', async () => {
    writeFileSync(file, 'one');
    const live = liveOf();
    await live.start();
    writeFileSync(file, 'bad');
    expect([await live.refresh(), await live.refresh(), live.current]).toEqual([
      false,
      false,
      'one',
    ]);
    expect(said).toEqual(['the list of words stays as it was: the word is bad']);
    writeFileSync(file, 'three');
    expect([await live.refresh(), live.current]).toEqual([true, 'three']);
  });

  it('looks by itself, until it is stopped', async () => {
    writeFileSync(file, 'one');
    const live = liveOf();
    await live.start();
    writeFileSync(file, 'two');
    await clock.advance(LOOK_EVERY_MS);
    while (live.current !== 'two') await new Promise((resolve) => setImmediate(resolve));
    live.stop();
    await clock.advance(LOOK_EVERY_MS * 2);
    expect(clock.pendingTimers).toBe(0);
  });
});

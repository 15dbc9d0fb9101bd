import { readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { Metrics } from 'millrace/metrics';
import { FakeClock } from 'millrace/testing';
import { TestCertificates } from './certificates.fixture';
import { LiveTls } from './live.tls';
import type { TlsStatus } from './live.tls';
import { LOOK_EVERY_MS } from './regular.look';
import type { TlsFiles } from './tls.files';
import { TlsMetrics } from './tls.metrics';

describe('LiveTls [M-55] [P26]', () => {
  let certs: TestCertificates;
  let clock: FakeClock;
  let warnings: string[];

  beforeEach(() => {
    certs = new TestCertificates();
    clock = new FakeClock({ startMs: Date.now() });
    warnings = [];
    jest.spyOn(Logger.prototype, 'log').mockReturnValue();
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((_facts, text) => {
      warnings.push(String(text));
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    certs.remove();
  });

  const files = (folder = 'processor'): TlsFiles => ({
    caFile: certs.path('ca.crt'),
    certificateFile: certs.path(folder, 'tls.crt'),
    keyFile: certs.path(folder, 'tls.key'),
  });
  const open = async (of: TlsFiles = files()) => {
    const seen: TlsStatus[] = [];
    const live = new LiveTls({
      ...{ identity: 'kafka', files: of, clock },
      onStatus: (status) => seen.push(status),
    });
    await live.start();
    return { live, seen };
  };
  const renew = (...args: string[]) => certs.make('--only', 'processor', ...args);

  it('refuses to start with files that cannot be used', async () => {
    await expect(open(files('expired'))).rejects.toMatchObject({ code: 'TLS_EXPIRED' });
  });

  it('has nothing to give before it has started', () => {
    const live = new LiveTls({ identity: 'kafka', files: files(), clock });
    expect(() => live.context).toThrow('TLS material of kafka is not loaded');
  });

  it('uses a renewed certificate', async () => {
    const { live } = await open();
    const { context, status } = live;
    expect(await live.refresh()).toBe(false);
    renew();
    expect(await live.refresh()).toBe(true);
    expect(live.context).not.toBe(context);
    expect(live.status.serialNumber).not.toBe(status.serialNumber);
  });

  it('tells of each exchange, and of nothing else', async () => {
    const onExchange = jest.fn();
    const live = new LiveTls({ identity: 'kafka', files: files(), clock, onExchange });
    await live.start();
    await live.refresh();
    expect(onExchange).not.toHaveBeenCalled();
    renew();
    await live.refresh();
    expect(onExchange).toHaveBeenCalledTimes(1);
    writeFileSync(certs.path('processor', 'tls.crt'), 'broken');
    await live.refresh();
    expect(onExchange).toHaveBeenCalledTimes(1);
  });

  it('looks by itself, until it is stopped', async () => {
    const { live, seen } = await open();
    const looked = async (times: number) => {
      while (seen.length < times) await new Promise((resolve) => setImmediate(resolve));
    };
    renew();
    await clock.advance(LOOK_EVERY_MS);
    await looked(2);
    expect(seen[1]?.serialNumber).not.toBe(seen[0]?.serialNumber);
    live.stop();
    await clock.advance(LOOK_EVERY_MS * 10);
    expect(clock.pendingTimers).toBe(0);
  });

  it('follows the link of a folder that Kubernetes swaps', async () => {
    const link = certs.path('..data');
    symlinkSync(certs.path('processor'), link);
    const { live } = await open(files('..data'));
    const { serialNumber } = live.status;
    symlinkSync(certs.path('producer'), `${link}.new`);
    renameSync(`${link}.new`, link);
    expect(await live.refresh()).toBe(true);
    expect(live.status.serialNumber).not.toBe(serialNumber);
  });

  it('keeps the last good material when a new file is broken, and says so once', async () => {
    const { live } = await open();
    const { context } = live;
    const { serialNumber } = live.status;
    writeFileSync(certs.path('processor', 'tls.crt'), 'half of a certif');
    expect([await live.refresh(), await live.refresh()]).toEqual([false, false]);
    expect(live.context).toBe(context);
    expect(live.status).toMatchObject({
      serialNumber,
      problem: {
        code: 'TLS_FILE_UNREADABLE',
        message: expect.stringContaining(certs.path('processor', 'tls.crt')) as string,
      },
    });
    // The first one: these certificates end within the hour.
    expect(warnings.slice(1)).toEqual([
      expect.stringMatching(
        /^new TLS files of kafka are not used.*processor.tls\.crt holds no certificate/,
      ),
    ]);
    renew();
    expect(await live.refresh()).toBe(true);
    expect(live.status.problem).toBeNull();
  });

  it('keeps it when the key does not fit yet: files are exchanged one after the other', async () => {
    const { live } = await open();
    const key = readFileSync(certs.path('processor', 'tls.key'), 'utf8');
    renew();
    const fresh = readFileSync(certs.path('processor', 'tls.key'), 'utf8');
    writeFileSync(certs.path('processor', 'tls.key'), key);
    expect(await live.refresh()).toBe(false);
    expect(live.status.problem?.code).toBe('TLS_KEY_MISMATCH');
    writeFileSync(certs.path('processor', 'tls.key'), fresh);
    expect(await live.refresh()).toBe(true);
  });

  it('keeps it when the files are gone', async () => {
    const { live } = await open();
    certs.remove();
    expect(await live.refresh()).toBe(false);
    expect(live.status.problem?.code).toBe('TLS_FILE_MISSING');
    expect(() => live.context).not.toThrow();
  });

  it('shows in metrics what ends when, and that a file waits to be used', async () => {
    const metrics = new Metrics();
    const gauges = new TlsMetrics(metrics);
    const { live, seen } = await open();
    writeFileSync(certs.path('processor', 'tls.crt'), 'broken');
    await live.refresh();
    for (const status of seen) gauges.observe(status);
    const value = async (name: string) => {
      const { values } = await metrics.registry.getSingleMetric(name)!.get();
      return values.find(({ labels }) => labels['identity'] === 'kafka')?.value ?? 0;
    };
    const notAfter = await value('pipeline_tls_certificate_not_after_timestamp_seconds');
    expect(notAfter * 1_000).toBe(live.status.notAfterMs);
    const loaded = await value('pipeline_tls_loaded_timestamp_seconds');
    expect(await value('pipeline_tls_file_modified_timestamp_seconds')).toBeGreaterThan(loaded);
  });

  it('warns of a certificate that ends soon', async () => {
    await open();
    expect(warnings).toEqual([expect.stringMatching(/certificate of kafka ends in \d+ hours/)]);
  });
});

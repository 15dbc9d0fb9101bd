import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runModule } from './module-process';

describe('the file of addresses', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-env-'));
  const file = join(folder, 'engines', 'env');
  afterAll(() => rmSync(folder, { recursive: true }));

  const engines = {
    kind: 'local',
    kafkaBrokers: '127.0.0.1:9092,127.0.0.1:9094',
    mongoUri: 'mongodb://127.0.0.1:27017/?replicaSet=secantus',
    capabilities: ['transactions', 'changeStreams'],
  };

  it('is read back as it was written, and is for its owner only', () => {
    const read = runModule<Record<string, string>>(`
      const { readEnvFile, writeEnvFile } = await import('./tools/engines/env-file.mjs');
      writeEnvFile(${JSON.stringify(file)}, ${JSON.stringify(engines)});
      return readEnvFile(${JSON.stringify(file)});
    `);
    expect(read).toEqual({
      KAFKA_BROKERS: engines.kafkaBrokers,
      MONGODB_URI: engines.mongoUri,
      MONGODB_CAPABILITIES: 'transactions,changeStreams',
    });
    expect(readFileSync(file, 'utf8')).toMatch(/^# .*Kind: local\.$/m);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('reads as empty when nothing was started', () => {
    const read = runModule(`
      const { readEnvFile } = await import('./tools/engines/env-file.mjs');
      return readEnvFile(${JSON.stringify(join(folder, 'absent'))});
    `);
    expect(read).toEqual({});
  });
});

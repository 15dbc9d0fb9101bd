import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runModule } from './module-process';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the checksums of the Kafka jars', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-jars-'));
    for (const name of ['a.jar', 'b.jar']) writeFileSync(join(folder, name), name);
    const lines = ['a.jar', 'b.jar'].map((name) => `${sha256(name)}  ${name}\n`);
    writeFileSync(join(folder, 'list'), lines.join(''));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const verify = () =>
    runModule<string | null>(`
      const { verifyJars } = await import('./tools/engines/checksums.mjs');
      const { renderEngineError } = await import('./tools/engines/engine-error.mjs');
      try {
        verifyJars(${JSON.stringify(folder)}, ${JSON.stringify(join(folder, 'list'))});
        return null;
      } catch (error) {
        return renderEngineError(error);
      }
    `);

  it('accept the folder that was checked', () => {
    expect(verify()).toBeNull();
  });

  it('refuse a changed jar by name and tell how to go on', () => {
    writeFileSync(join(folder, 'b.jar'), 'tampered');
    const error = verify();
    expect(error).toContain(`b.jar: sha256 ${sha256('tampered').slice(0, 16)}`);
    expect(error).not.toContain('a.jar');
    expect(error).toContain(`rm -r '${folder}'`);
  });

  it('refuse a missing jar and one that is not on the list', () => {
    rmSync(join(folder, 'a.jar'));
    writeFileSync(join(folder, 'c.jar'), 'more');
    const error = verify();
    expect(error).toContain('a.jar: missing');
    expect(error).toContain('c.jar: not on the list');
  });

  it('are committed for the version that is the default', () => {
    const version = runModule<string>(
      `return (await import('./tools/engines/kafka-jars.mjs')).KAFKA_VERSION`,
    );
    const list = readFileSync(join(ROOT, `tools/engines/kafka-${version}-jars.sha256`), 'utf8');
    const lines = list.trim().split('\n');
    expect(lines.filter((line) => !/^[0-9a-f]{64} {2}\S+\.jar$/.test(line))).toEqual([]);
    expect(lines.some((line) => line.endsWith(`  kafka_2.13-${version}.jar`))).toBe(true);
    expect(readFileSync(join(ROOT, 'tools/engines/pom.xml'), 'utf8')).toContain(
      `<kafka.version>${version}</kafka.version>`,
    );
  });
});

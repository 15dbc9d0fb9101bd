import { files, kafkaSettings, load, messageOf } from './settings.fixture';

describe('env files', () => {
  const read = (content: string) =>
    load({}, { envFiles: ['.engines/env'], readFile: files({ '.engines/env': content }) });

  it('hold KEY=VALUE lines, comments, quotes and export', () => {
    const content = '# engines\n\nexport KAFKA_BROKERS="a:1"\nKAFKA_LINGER_MS = 9\r\n';
    expect(read(content).get(kafkaSettings)).toMatchObject({ brokers: 'a:1', lingerMs: 9 });
  });

  it('are refused with the number of a line that is none', () => {
    expect(messageOf(() => read('KAFKA_BROKERS=a:1\ncanary'))).toContain(
      '.engines/env:2: must be a KEY=VALUE line',
    );
  });

  it('may be absent, but not unreadable', () => {
    const unreadable = () => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    };
    expect(load({}, { envFiles: ['absent'] }).get(kafkaSettings).brokers).toBe('127.0.0.1:9092');
    expect(messageOf(() => load({}, { envFiles: ['a.env'], readFile: unreadable }))).toContain(
      'a.env: cannot be read (EACCES)',
    );
  });
});

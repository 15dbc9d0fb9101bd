import { Secret } from 'millrace/config';
import { files, kafkaSettings, load, messageOf } from './settings.fixture';

describe('secrets', () => {
  it('are wrapped, and only reveal() gives them', () => {
    const { password } = load({ KAFKA_PASSWORD: 'canary' }).get(kafkaSettings);
    expect(password).toBeInstanceOf(Secret);
    expect(password?.reveal()).toBe('canary');
  });

  it('are read from the file that <variable>_FILE names, without its last line end', () => {
    const readFile = files({ '/run/secret': 'can\nary\n' });
    const settings = load({ KAFKA_PASSWORD_FILE: '/run/secret' }, { readFile });
    expect(settings.get(kafkaSettings).password?.reveal()).toBe('can\nary');
  });

  it('are refused when variable and file are both given', () => {
    const env = { KAFKA_PASSWORD: 'canary', KAFKA_PASSWORD_FILE: '/run/secret' };
    expect(messageOf(() => load(env))).toContain(
      'KAFKA_PASSWORD: is given twice: by KAFKA_PASSWORD and by KAFKA_PASSWORD_FILE',
    );
  });

  it('are refused when the file cannot be read, without its path', () => {
    const message = messageOf(() => load({ KAFKA_PASSWORD_FILE: '/run/canary' }));
    expect(message).toContain('KAFKA_PASSWORD_FILE: names a file that cannot be read (ENOENT)');
    expect(message).not.toContain('/run/canary');
  });
});

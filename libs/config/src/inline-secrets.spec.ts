import { defineSettings, loadSettings, serviceSettings, text } from 'millrace/config';
import { files, messageOf } from './settings.fixture';

const lab = defineSettings('lab', {
  uri: { env: 'LAB_URI', schema: text, default: 'db://host', secret: true, description: '' },
  token: { env: 'LAB_TOKEN', schema: text, default: 'canary', secret: true, description: '' },
  hash: {
    env: 'LAB_HASH',
    schema: text.optional(),
    secret: true,
    inline: 'allowed',
    description: '',
  },
  name: { env: 'LAB_NAME', schema: text.optional(), description: '' },
});
const slices = [serviceSettings, lab];
const production = { NODE_ENV: 'production' };
const load = (env: Record<string, string>) =>
  loadSettings({ slices, env, readFile: files({ '/run/secret': 'db://app:canary@host' }) });

describe('SECRET_INLINE', () => {
  it.each([
    ['a password in a connection string', { LAB_URI: 'db://app:canary@host/x?y' }],
    ['a password alone in one', { LAB_URI: 'db://:canary@host' }],
    ['a secret that is no connection string', { LAB_TOKEN: 'canary' }],
  ])('[S14] refuses %s in the environment of production, and is told what to do', (_, env) => {
    const [variable] = Object.keys(env);
    const message = messageOf(() => load({ ...production, ...env }));
    expect(message).toContain(`${variable}: a secret is given by itself; ${variable}_FILE names`);
    expect(message).toContain('(SECRET_INLINE)');
    expect(message).not.toContain('canary');
  });

  it.each([
    ['a connection string without a password', { LAB_URI: 'db://host:1/a:b@c' }],
    ['one with a user alone, such as that of a certificate', { LAB_URI: 'db://app@host:27017' }],
    ['a file that holds a password', { LAB_URI_FILE: '/run/secret' }],
    ['a hash, with which nobody gets in', { LAB_HASH: 'canary' }],
    ['a setting that is no secret', { LAB_NAME: 'canary' }],
    ['what is not set', {}],
  ])('passes %s in production', (_, env) => {
    expect(load({ ...production, ...env }).warnings).toEqual([]);
  });

  it('looks at env files too', () => {
    const readFile = files({ '/env': 'LAB_TOKEN=canary' });
    const act = () => loadSettings({ slices, env: production, envFiles: ['/env'], readFile });
    expect(messageOf(act)).toContain('LAB_TOKEN: a secret is given by itself');
  });

  it('says nothing outside production, and gives way to CONFIG_ALLOW loudly', () => {
    const env = { LAB_TOKEN: 'canary' };
    expect(load(env).warnings).toEqual([]);
    const allowed = load({ ...production, ...env, CONFIG_ALLOW: 'SECRET_INLINE' }).warnings;
    expect(allowed.map(({ code, severity }) => [code, severity])).toEqual([
      ['SECRET_INLINE', 'allowed'],
    ]);
  });
});

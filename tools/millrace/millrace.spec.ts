import { spawnSync } from 'node:child_process';
import { ROOT } from '../engines/module-process';

function millrace(...args: readonly string[]) {
  const env = {
    PATH: process.env['PATH'],
    MONGODB_URI: 'mongodb://ops:canary@127.0.0.1:1/?serverSelectionTimeoutMS=50',
  };
  const run = spawnSync(process.execPath, ['tools/millrace/main.mjs', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env,
    timeout: 60_000,
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

describe('npm run millrace', () => {
  it.each([
    [[], 'a verb is missing'],
    [['fly'], 'unknown verb fly'],
    [['resume', 'pause'], 'one verb is enough: pause'],
    [['resume', '--group=g'], '--reason is missing'],
    [['resume', '--reason=x'], '--group is missing'],
    [['pause', '--group= ', '--reason=x'], '--group is missing'],
    [['pause', '--group=g', '--reason=x', '--partition=1'], '--partition needs --topic'],
    [['pause', '--group=g', '--reason=x', '--topic=t', '--partition=-1'], '--partition'],
    [['pauses', '--colour=red'], '--colour'],
  ])('%j is wrong usage: exit code 2 and what is wrong', (args, message) => {
    const { status, stdout, stderr } = millrace(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain('usage: npm run millrace');
  });

  it('shows its usage when asked', () => {
    expect(millrace('--help')).toMatchObject({ status: 0, stderr: '' });
  });

  it('says that the database does not answer, without the password, and exits with 1', () => {
    const { status, stderr } = millrace('resume', '--group=g', '--reason=x');
    expect(status).toBe(1);
    expect(stderr).toContain('error     the database does not answer: mongodb://***@127.0.0.1:1/');
    expect(stderr).not.toContain('canary');
  });
});

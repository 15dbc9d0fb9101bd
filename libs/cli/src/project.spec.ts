import { join } from 'node:path';
import { CliScene } from './fakes/cli.scene';

let scene: CliScene;
beforeEach(() => {
  scene = new CliScene();
});
afterEach(() => scene.remove());

const list = (...flags: readonly string[]) => scene.run(['contracts', 'ls', ...flags]);

describe('the project of the command line', () => {
  it('is named by the nearest package.json', async () => {
    expect((await list()).code).toBe(0);
  });

  it('is named by --project, before package.json', async () => {
    scene.write('other.cjs', 'exports.project = { contracts: [], services: {} };');
    const { code, stdout } = await list('--project', 'other.cjs');
    expect([code, stdout.text]).toEqual([0, '']);
  });

  it('may be exported as default', async () => {
    scene.write('other.cjs', 'exports.default = { contracts: [], services: {} };');
    expect((await list('--project', join(scene.directory, 'other.cjs'))).code).toBe(0);
  });

  it.each([
    ['module.exports = {};', 'exports no `project`'],
    ['module.exports = { project: { contracts: {} } };', 'exports no `project`'],
    ['throw new Error("no database");', 'does not load'],
    ['module.exports = null;', 'exports no `project`'],
  ])('%s cannot be used', async (text, message) => {
    scene.write('other.cjs', text);
    const { code, stderr } = await list('--project', 'other.cjs');
    expect(code).toBe(2);
    expect(stderr.text).toContain('CLI_PROJECT_INVALID');
    expect(stderr.text).toContain(message);
    expect(stderr.text).not.toMatch(/^ {4}at /m);
  });

  it('is not built yet: says so', async () => {
    const { code, stderr } = await list('--project', 'dist/absent.js');
    expect(code).toBe(2);
    expect(stderr.text).toContain('the module of the project does not exist');
    expect(stderr.text).toContain('it is not built yet');
  });

  it.each(['{}', '{"millrace":{}}', 'null'])('is missing in %s', async (manifest) => {
    scene.write('package.json', manifest);
    const { code, stderr } = await list();
    expect(code).toBe(2);
    expect(stderr.text).toContain('CLI_PROJECT_MISSING');
  });

  it.each(['{"millrace":{"project":7}}', '{'])('is no path in %s', async (manifest) => {
    scene.write('package.json', manifest);
    const { code, stderr } = await list();
    expect(code).toBe(2);
    expect(stderr.text).toContain('CLI_PROJECT_INVALID');
  });
});

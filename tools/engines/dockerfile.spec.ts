import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runModule } from './module-process';

const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
/** The text of each stage, by its name. */
const stages = new Map(
  dockerfile
    .split(/^(?=FROM )/m)
    .flatMap((text) =>
      [...text.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name = '']) => [name, text]),
    ),
);
const entries = runModule<Record<string, string>>(`
  const { TARGETS } = await import('./tools/bootstrap/build.mjs');
  return { producer: TARGETS.producer.entry, processor: TARGETS.processor.entry };
`);

describe('the Dockerfile', () => {
  it.each(['producer', 'processor'])(
    'starts %s as node itself, so that SIGTERM arrives',
    (name) => {
      const command = /^CMD (.*)$/m.exec(stages.get(name) ?? '')?.[1] ?? 'null';
      expect(JSON.parse(command)).toEqual(['node', '--enable-source-maps', entries[name]]);
      expect(dockerfile).not.toMatch(/^ENTRYPOINT/m);
    },
  );

  it.each(['producer', 'processor'])('builds %s on the stage that is not root', (name) => {
    expect(stages.get(name)).toMatch(/^FROM runtime AS /);
    expect(stages.get('runtime')).toMatch(/^USER [1-9]\d*$/m);
    expect(stages.get(name)).not.toMatch(/^USER/m);
  });

  it('runs no install script and takes no developer package into an image', () => {
    const installs = dockerfile.match(/npm (ci|install|i) .*/g) ?? [];
    expect(installs).toHaveLength(2);
    for (const install of installs) expect(install).toContain('--ignore-scripts');
    expect(stages.get('production-dependencies')).toContain('--omit=dev');
    expect(stages.get('runtime')).toContain('--from=production-dependencies');
  });

  it('pins the images that it begins with', () => {
    const images = [...dockerfile.matchAll(/^FROM (\S+:\S+)/gm)].map(([, image]) => image);
    expect(images.length).toBeGreaterThan(0);
    for (const image of images) expect(image).toMatch(/:\d+-/);
  });
});

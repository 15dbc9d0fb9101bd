import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runModule } from '../engines/module-process';

const REPORT = {
  metadata: { vulnerabilities: { moderate: 1, high: 1, total: 2 } },
  vulnerabilities: {
    wobble: { name: 'wobble', severity: 'high', range: '<2', via: [{ title: 'falls over' }] },
    carrier: { name: 'carrier', severity: 'critical', range: '*', via: ['wobble'] },
    small: { name: 'small', severity: 'moderate', range: '*', via: [] },
  },
};
const PACKAGE = { version: '1.0.0', isProduction: true, isInstalled: true, licence: 'MIT' };

/** Calls a function of a module with values that can be written as JSON. */
const call = (module: string, name: string, ...args: readonly unknown[]): unknown =>
  runModule(
    `const { ${name} } = await import('./tools/supply-chain/${module}.mjs');
     return ${name}(...${JSON.stringify(args)});`,
  );

describe('what npm audit says [S20]', () => {
  const audit = (answer: object) =>
    call('findings', 'auditOf', { stdout: '', stderr: '', code: 0, ...answer });

  it('[S20] lists weaknesses from high on, with what is only carried along', () => {
    expect(audit({ stdout: JSON.stringify(REPORT), code: 1 })).toEqual({
      available: true,
      counts: REPORT.metadata.vulnerabilities,
      refused: [
        { name: 'carrier', severity: 'critical', range: '*', titles: [] },
        { name: 'wobble', severity: 'high', range: '<2', titles: ['falls over'] },
      ],
    });
  });

  it.each([
    ['no audit endpoint', { stdout: '{"statusCode":405,"uri":"https://canary/"}' }, 'with 405'],
    ['an error as text', { stderr: 'npm error 403 Forbidden - GET https://canary/' }, 'with 403'],
    ['no answer', { code: 124 }, 'did not answer in time'],
    ['no network', { stdout: 'canary', code: 1 }, 'could not be asked'],
    ['an object that is no report', { stdout: '{"metadata":{}}' }, 'could not be asked'],
  ])('[S20] never takes %s for a clean tree, and names no host', (_, answer, reason) => {
    const said = audit(answer);
    expect(said).toEqual({ available: false, reason: expect.stringContaining(reason) as string });
    expect(JSON.stringify(said)).not.toContain('canary');
  });

  it('[S20] tells a wrong signature from signatures that nobody gives', () => {
    const wrong = { invalid: [{ name: 'wobble', version: '1.0.0' }], missing: [] };
    expect(call('findings', 'signaturesOf', { stdout: JSON.stringify(wrong) })).toMatchObject({
      available: true,
      invalid: ['wobble@1.0.0'],
    });
    expect(call('findings', 'signaturesOf', { stdout: '' })).toMatchObject({ available: false });
  });
});

describe('licences [S20]', () => {
  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0)', true],
    ['GPL-3.0', false],
    ['MIT AND GPL-3.0', false],
    ['MIT AND ISC', true],
    ['SEE LICENSE IN LICENSE', false],
    ['UNLICENSED', false],
    [null, false],
  ])('[S20] %s: allowed %s', (licence, isAllowed) => {
    expect(call('licences', 'isAllowed', licence, ['MIT', 'ISC'])).toBe(isAllowed);
  });

  it('[S20] names who has another one, by tree', () => {
    const packages = [
      { ...PACKAGE, name: 'fine' },
      { ...PACKAGE, name: 'viral', licence: 'AGPL-3.0' },
      { ...PACKAGE, name: 'silent', licence: undefined },
      { ...PACKAGE, name: 'shown', licence: 'CC-BY-4.0', isProduction: false },
      { ...PACKAGE, name: 'handed-on', licence: 'CC-BY-4.0' },
      // A binary of another platform is neither here nor described.
      { ...PACKAGE, name: 'elsewhere', licence: undefined, isInstalled: false },
    ];
    const offenders = call('licences', 'offendersOf', packages) as ReadonlyArray<{ name: string }>;
    expect(offenders.map(({ name }) => name)).toEqual(['viral', 'silent', 'handed-on']);
  });

  it('[S20] are all allowed in this tree', () => {
    const script = join(__dirname, 'check-licences.mjs');
    const { status, stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    const last = JSON.parse(stdout.trim().split('\n').pop() ?? '') as { packages: number };
    expect(last).toMatchObject({ ok: true, offenders: [] });
    expect([status, last.packages > 100]).toEqual([0, true]);
  });
});

describe('the bill of materials [S20]', () => {
  const component = (name: string) => ({ name, version: '1.0.0', 'bom-ref': `${name}@1.0.0` });
  const bill = {
    bomFormat: 'CycloneDX',
    metadata: { component: { name: 'checkout', 'bom-ref': 'millrace@0.1.0' } },
    components: ['used', 'built-with'].map(component),
    dependencies: [
      { ref: 'millrace@0.1.0', dependsOn: ['used@1.0.0', 'built-with@1.0.0'] },
      { ref: 'built-with@1.0.0', dependsOn: ['used@1.0.0'] },
      { ref: 'used@1.0.0' },
    ],
  };
  const packages = [
    { ...PACKAGE, name: 'used' },
    { ...PACKAGE, name: 'built-with', isProduction: false },
  ];

  it('[S20] holds what users install and nothing else, under the name of the package', () => {
    expect(call('bill', 'productionBill', bill, packages, 'millrace')).toMatchObject({
      metadata: { component: { name: 'millrace' } },
      components: [component('used')],
      dependencies: [
        { ref: 'millrace@0.1.0', dependsOn: ['used@1.0.0'] },
        { ref: 'used@1.0.0', dependsOn: [] },
      ],
    });
  });

  it('[S20] is none when a package of users is missing in it', () => {
    const more = [...packages, { ...PACKAGE, name: 'forgotten' }];
    expect(call('bill', 'productionBill', bill, more, 'millrace')).toBeNull();
    expect(call('bill', 'productionBill', { error: {} }, packages, 'millrace')).toBeNull();
  });
});

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue } from './catalogue';
import { DELIVERY_GAPS } from './delivery-gaps';
import { withDeliveryStates } from './delivery.page';
import { environmentPage } from './environment.page';
import { errorsPage } from './errors.page';
import { PARTIAL_ROWS } from './partial-rows';
import { evidenceOf, withEvidence, withoutPartial } from './rows';

/** `npm run docs`: writes the generated pages and the status of the rows. Runs from the emit. */
function main(): void {
  const root = process.cwd();
  const entries = loadCatalogue(root, join(__dirname, '../..'));
  write(join(root, 'docs/errors.md'), errorsPage(entries));
  write(join(root, 'docs/environment.md'), environmentPage(entries));
  const evidence = evidenceOf(
    filesWithTests(root).map((file) => ({ file, source: readFileSync(join(root, file), 'utf8') })),
  );
  for (const name of ['requirements.md', 'features.md']) {
    const file = join(root, 'docs', name);
    write(file, withEvidence(readFileSync(file, 'utf8'), withoutPartial(evidence, PARTIAL_ROWS)));
  }
  const delivery = join(root, 'docs/delivery.md');
  const gaps = { ...PARTIAL_ROWS, ...DELIVERY_GAPS };
  write(delivery, withDeliveryStates(readFileSync(delivery, 'utf8'), evidence, gaps));
}

/** The specs, and the suites that conformance specs run. */
function filesWithTests(root: string): readonly string[] {
  const places = ['*spec.ts', 'libs/testing/*.ts'];
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', ...places];
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
  return [...new Set(listed.split('\0'))].filter((file) => file !== '').sort();
}

function write(file: string, text: string): void {
  writeFileSync(file, text);
  process.stdout.write(`${file} written\n`);
}

main();

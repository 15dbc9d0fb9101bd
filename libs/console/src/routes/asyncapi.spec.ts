import { execFileSync } from 'node:child_process';
import { asyncApiOf, defineContract } from 'millrace/contracts';
import { z } from 'zod';
import { ConsoleLab, Ordered } from '../fakes/console.lab';

describe('GET /asyncapi.json', () => {
  it('[CTR-04] describes the contracts of the service, validly for the official parser', async () => {
    const lab = await ConsoleLab.open({ env: { SERVICE_VERSION: '2.5.0' } });
    try {
      const { status, body, text } = await lab.as('viewer').get('/asyncapi.json');
      const info = { title: 'Events of this service', version: '2.5.0' };
      expect([status, body]).toEqual([200, asyncApiOf([Ordered], info)]);
      expect(parsed(text)).toEqual({ version: '3.0.0', channels: ['orders'], problems: [] });
    } finally {
      await lab.close();
    }
  }, 60_000);

  it('names the contract that it cannot describe', async () => {
    const schema = z.strictObject({ at: z.date() });
    const opaque = defineContract({ name: 'lab.opaque.made', version: 1, topic: 'opaque', schema });
    const lab = await ConsoleLab.open({
      operations: (real) => Object.assign(real, { contracts: () => [Ordered, opaque] }),
    });
    try {
      const { status, body } = await lab.as('viewer').get('/asyncapi.json');
      expect([status, body.code]).toEqual([501, 'CONTRACT_SCHEMA_UNKNOWN']);
      expect(body.detail).toContain('lab.opaque.made');
    } finally {
      await lab.close();
    }
  });
});

/** In a process of its own: the parser changes globals, and loads much. */
function parsed(document: string): unknown {
  const program = `
    const { Parser } = require('@asyncapi/parser');
    new Parser().parse(require('fs').readFileSync(0, 'utf8')).then(({ document, diagnostics }) => {
      const problems = diagnostics.filter(({ severity }) => severity < 2);
      const channels = document?.channels().all().map((channel) => channel.address());
      process.stdout.write(JSON.stringify({ version: document?.version(), channels, problems }));
    });`;
  return JSON.parse(
    execFileSync(process.execPath, ['-e', program], { input: document }).toString(),
  );
}

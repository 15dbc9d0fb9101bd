import { ConsoleLab } from './fakes/console.lab';

describe('the console', () => {
  let lab: ConsoleLab;
  beforeEach(async () => {
    lab = await ConsoleLab.open();
  });
  afterEach(() => lab.close());

  it('shows handlers with their lag, members and pauses', async () => {
    const { status, body } = await lab.as('viewer').get('/handlers');
    expect([status, body.handlers]).toEqual([
      200,
      [expect.objectContaining({ id: 'orders', lag: 0, paused: false, inFlightRecords: 2 })],
    ]);
  });

  it('pauses a handler, audited with who and why', async () => {
    const answer = await lab.as('operator').post('/handlers/orders/pause', { reason: 'upgrade' });
    expect([answer.status, answer.body]).toEqual([
      200,
      { target: { groupId: 'orders' }, wanted: 'paused' },
    ]);
    expect((await lab.controls.read()).pauses).toHaveLength(1);
    expect(lab.audit.entries).toMatchObject([{ by: 'otto', reason: 'upgrade', action: 'pause' }]);
  });

  it('knows nobody without a token', async () => {
    expect((await lab.as().get('/handlers')).status).toBe(401);
  });
});

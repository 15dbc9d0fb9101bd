import { eventually } from './eventually';

describe('eventually', () => {
  it('answers with the first truthy look', async () => {
    let looks = 0;
    const answer = await eventually(() => (++looks === 3 ? `look ${looks}` : ''), {
      intervalMs: 1,
    });
    expect(answer).toBe('look 3');
  });

  it('takes a throw for "not yet", and waits for promises', async () => {
    let looks = 0;
    const look = async () => {
      looks += 1;
      expect(looks).toBeGreaterThan(2);
      return true;
    };
    await expect(eventually(look, { intervalMs: 1 })).resolves.toBe(true);
  });

  it('names what it waited for, and carries what the last look threw', async () => {
    const cause = new Error('still 3');
    const waited = eventually(
      () => {
        throw cause;
      },
      { timeoutMs: 5, intervalMs: 1, what: 'an empty queue' },
    );
    await expect(waited).rejects.toMatchObject({
      message: 'an empty queue did not come true within 5 ms: still 3',
      cause,
    });
  });
});

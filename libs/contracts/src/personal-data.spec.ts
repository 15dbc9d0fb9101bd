import { maskPersonalData } from 'millrace/contracts';

describe('maskPersonalData', () => {
  it('masks what stands at a path, also in lists, and tells which paths there were', () => {
    const event = Object.freeze({
      customer: Object.freeze({ email: 'a@b.example', age: 7 }),
      lines: [{ to: 'Ann' }, { to: 'Bob' }],
    });
    expect(maskPersonalData(event, ['customer.email', 'lines.to', 'phone'])).toEqual({
      event: {
        customer: { email: '[masked]', age: 7 },
        lines: [{ to: '[masked]' }, { to: '[masked]' }],
      },
      masked: ['customer.email', 'lines.to'],
    });
    expect(event.customer.email).toBe('a@b.example');
  });

  it('masks what stands where the path ends early', () => {
    const { event } = maskPersonalData({ customer: 'a@b.example' }, ['customer.email']);
    expect(event).toEqual({ customer: '[masked]' });
  });

  it.each([['text'], [null], [7], [{ other: 1 }]])('leaves %p alone', (event) => {
    expect(maskPersonalData(event, ['customer.email'])).toEqual({ event, masked: [] });
  });
});

import { isLoopback } from 'millrace/config';

describe('isLoopback', () => {
  it.each([
    ...['localhost', 'LOCALHOST:9092', '127.0.0.1', '127.8.0.1:27017'],
    ...['::1', '[::1]', '[::1]:9092'],
  ])('is true for %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each([
    ...['kafka', '10.0.0.1:9092', '0.0.0.0', '::', '[::]:1', '', '128.0.0.1'],
    // Names that only begin like it.
    ...['localhost.example.org', '127.0.0.1.example.org:9092', '127.example.org'],
  ])('is false for %j', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});

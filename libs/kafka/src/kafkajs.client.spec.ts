import { FakeClock } from 'millrace/testing';
import { resolveKafkaOptions } from './kafka.options';
import { ClientSource } from './kafkajs.client';
import type { VendorClient } from './kafkajs.client';

describe('ClientSource', () => {
  it('remembers no client that was closed: they are rebuilt as long as an outage lasts', () => {
    const source = new ClientSource(
      resolveKafkaOptions({ brokers: ['a:1'] }),
      () => () => undefined,
      { context: null, vendorConfig: {} },
      new FakeClock(),
      () => ({}) as VendorClient,
    );
    for (let time = 0; time < 100; time += 1) source.open('consumer').sockets.close();
    const { opened } = source as unknown as { opened: ReadonlySet<unknown> };
    expect(opened.size).toBe(1);
    expect(source.connections()).toEqual([]);
  });
});

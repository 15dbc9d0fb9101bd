import { runModule } from './module-process';

interface Listener {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly settings?: Readonly<Record<string, string>>;
}

const PLAIN: Listener = { name: 'PLAINTEXT', port: 9092, protocol: 'PLAINTEXT' };

function propertiesOf(listeners: readonly Listener[], brokerCount: number): Map<string, string> {
  const text = runModule<string>(`
    const { serverProperties } = await import('./tools/engines/kafka-properties.mjs');
    return serverProperties(${JSON.stringify({
      nodeId: 2,
      listeners,
      brokerCount,
      controllerPort: 19093,
      voters: ['1@127.0.0.1:19092', '2@127.0.0.1:19093'],
      dataDir: '/data',
    })});
  `);
  const lines = text.trim().split('\n');
  return new Map(
    lines.map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
}

describe('the properties of a local broker', () => {
  it('listen on loopback only and create no topic by accident', () => {
    const properties = propertiesOf([PLAIN], 1);
    expect(properties.get('listeners')).toBe(
      'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:19093',
    );
    expect(properties.get('advertised.listeners')).toBe('PLAINTEXT://127.0.0.1:9092');
    expect(properties.get('auto.create.topics.enable')).toBe('false');
  });

  it.each([
    [1, '1', '1'],
    [3, '3', '2'],
  ])('of %d brokers replicate %s times and need %s in sync', (count, factor, minIsr) => {
    const properties = propertiesOf([PLAIN], count);
    expect(properties.get('default.replication.factor')).toBe(factor);
    expect(properties.get('offsets.topic.replication.factor')).toBe(factor);
    expect(properties.get('min.insync.replicas')).toBe(minIsr);
  });

  it('let a broker come back soon after SIGKILL', () => {
    expect(propertiesOf([PLAIN], 1).get('broker.session.timeout.ms')).toBe('2000');
  });

  it('take a further listener with settings of its own', () => {
    const settings = { 'ssl.client.auth': 'required' };
    const tls: Listener = { name: 'TLS', port: 9093, protocol: 'SSL', settings };
    const properties = propertiesOf([PLAIN, tls], 1);
    expect(properties.get('advertised.listeners')).toBe(
      'PLAINTEXT://127.0.0.1:9092,TLS://127.0.0.1:9093',
    );
    expect(properties.get('listener.security.protocol.map')).toBe(
      'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,TLS:SSL',
    );
    expect(properties.get('listener.name.tls.ssl.client.auth')).toBe('required');
    expect(properties.get('inter.broker.listener.name')).toBe('PLAINTEXT');
  });
});

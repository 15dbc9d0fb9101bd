import type { Clock } from 'millrace/retry';
import { FaultProxy } from './fault-proxy';
import type { LineFaults } from './fault-proxy';
import { KafkaAddressRewriter } from './kafka-addresses';

/**
 * One {@link FaultProxy} before each broker of a Kafka cluster.
 *
 * Brokers advertise addresses of their own; these are changed on the way, so that every connection of
 * a client that begins here comes through here. Plaintext only.
 *
 * @example
 * const brokers = await BrokerProxies.before(['127.0.0.1:9092']);
 * const driver = new KafkajsDriver({ brokers: brokers.addresses });
 * brokers.break({ swallow: 'to-client' });
 */
export class BrokerProxies {
  /** Addresses that a broker advertised and no proxy stands for; clients cannot pass there. */
  readonly unknownAddresses = new Set<string>();

  private constructor(private readonly proxies: ReadonlyMap<string, FaultProxy>) {}

  /** @param brokers - all of them, `host:port` as they advertise themselves. */
  static async before(
    brokers: readonly string[],
    { clock }: { readonly clock?: Clock } = {},
  ): Promise<BrokerProxies> {
    const proxies = new Map<string, FaultProxy>();
    const all = new BrokerProxies(proxies);
    const rewriter = () => new KafkaAddressRewriter((address) => all.redirect(address));
    for (const broker of brokers) {
      const options = { rewriter, ...(clock === undefined ? {} : { clock }) };
      proxies.set(canonical(broker), await FaultProxy.to(broker, options));
    }
    return all;
  }

  /** What a client connects to, in the order of the brokers. */
  get addresses(): readonly string[] {
    return [...this.proxies.values()].map(({ address }) => address);
  }

  /** The proxy before one broker. @param broker - as it advertises itself. */
  of(broker: string): FaultProxy {
    const proxy = this.proxies.get(canonical(broker));
    if (proxy === undefined) throw new RangeError(`no proxy stands before ${broker}`);
    return proxy;
  }

  get connectionCount(): number {
    return [...this.proxies.values()].reduce((sum, proxy) => sum + proxy.connectionCount, 0);
  }

  /** {@link FaultProxy.break} for each. */
  break(faults: LineFaults): void {
    for (const proxy of this.proxies.values()) proxy.break(faults);
  }

  /** {@link FaultProxy.mend} for each. */
  mend(): void {
    for (const proxy of this.proxies.values()) proxy.mend();
  }

  /** {@link FaultProxy.cut} for each. */
  cut(): void {
    for (const proxy of this.proxies.values()) proxy.cut();
  }

  /** {@link FaultProxy.reset} for each. */
  reset(): void {
    for (const proxy of this.proxies.values()) proxy.reset();
  }

  /** {@link FaultProxy.down} for each. */
  down(): void {
    for (const proxy of this.proxies.values()) proxy.down();
  }

  async close(): Promise<void> {
    await Promise.all([...this.proxies.values()].map((proxy) => proxy.close()));
  }

  private redirect(address: string): string {
    const known = this.proxies.get(canonical(address));
    if (known !== undefined) return known.address;
    this.unknownAddresses.add(address);
    // A way around the faults would let a test pass that tests nothing: nobody listens on this port.
    return '127.0.0.1:1';
  }
}

const canonical = (address: string) => address.replace(/^localhost:/, '127.0.0.1:');

import { FETCH_VERSIONS } from '../decoder/fetch.decoder';
import type { FetchDecoder, FetchRequestTopics } from '../decoder/fetch.decoder';
import type {
  BrokerInternals,
  ClusterInternals,
  ConsumerGroupInternals,
  RequestLookup,
} from '../kafkajs.internals';

const DECODER = Symbol.for('millrace.kafka.fetch-decoder');
const FETCH_API_KEY = 1;

/** Marks an assigner, the one public option of a consumer that a guard can see, with its decoder. */
export function withDecoder<T extends object>(assigner: T, decoder: FetchDecoder | null): T {
  return decoder === null ? assigner : Object.assign(assigner, { [DECODER]: decoder });
}

function decoderOf(assigner: unknown): FetchDecoder | undefined {
  return (assigner as { [DECODER]?: FetchDecoder } | undefined)?.[DECODER];
}

/**
 * Lets our consumers decode what they fetch by themselves; other consumers of the process keep
 * kafkajs' decoder.
 *
 * Only the answers of the versions 4 to 11 are taken over, and nothing of kafkajs is replaced for
 * good: the brokers of such a consumer look their fetch request up through the guard.
 */
export function guardFetch(group: ConsumerGroupInternals): void {
  const { fetch } = group;
  const guarded = new WeakSet<ClusterInternals>();
  group.fetch = function (this: ConsumerGroupInternals, nodeId) {
    const decoder = decoderOf(this.assigners[0]);
    if (decoder !== undefined && !guarded.has(this.cluster)) {
      guarded.add(this.cluster);
      guardCluster(this.cluster, decoder);
    }
    return fetch.call(this, nodeId);
  };
}

/** Each consumer of kafkajs has a cluster, and brokers, of its own; so has each reader of ours. */
export function guardCluster(cluster: ClusterInternals, decoder: FetchDecoder): void {
  const { findBroker } = cluster;
  const guarded = new WeakSet<BrokerInternals>();
  cluster.findBroker = async (target) => {
    const broker = await findBroker.call(cluster, target);
    if (!guarded.has(broker)) {
      guarded.add(broker);
      guardBroker(broker, decoder);
    }
    return broker;
  };
}

function guardBroker(broker: BrokerInternals, decoder: FetchDecoder): void {
  const { fetch } = broker;
  broker.fetch = (request) => {
    // The broker itself keeps its lookup, which it makes anew with each connection.
    const seen = Object.create(broker, {
      lookupRequest: { value: decodingLookup(broker.lookupRequest, decoder) },
    }) as BrokerInternals;
    return fetch.call(seen, request);
  };
}

function decodingLookup(lookup: RequestLookup, decoder: FetchDecoder): RequestLookup {
  return (apiKey, definition) => {
    if (apiKey !== FETCH_API_KEY) return lookup(apiKey, definition);
    return lookup(apiKey, {
      versions: definition.versions,
      protocol: ({ version }) => {
        const make = definition.protocol({ version });
        if (version < FETCH_VERSIONS.from || version > FETCH_VERSIONS.to) return make;
        return (options) => {
          const call = make(options);
          const { topics } = options as { readonly topics: FetchRequestTopics };
          const decode = (raw: Buffer) => decoder.decode(version, raw, topics);
          return { ...call, response: { ...call.response, decode } };
        };
      },
    });
  };
}

// @ts-check

/**
 * One address of a broker. TLS and SASL are further listeners with settings of their own.
 *
 * @typedef {{ name: string, port: number, protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL', settings?: Readonly<Record<string, string>> }} Listener
 *
 * @typedef {{ nodeId: number, listeners: readonly Listener[], controllerPort: number, voters: readonly string[], dataDir: string, brokerCount: number, controllerProtocol?: 'PLAINTEXT' | 'SSL' | undefined, settings?: Readonly<Record<string, string | number | boolean>> }} BrokerShape
 */

/**
 * Writes the `server.properties` of one KRaft node that is broker and controller.
 *
 * @param {BrokerShape} shape - `voters` like `1@127.0.0.1:19093`, `brokerCount` 1 or 3.
 * @returns {string}
 */
export function serverProperties(shape) {
  const entries = {
    ...nodeSettings(shape),
    ...replication(shape.brokerCount),
    ...SMALL_AND_QUICK,
    ...shape.settings,
  };
  return Object.entries(entries)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** @param {BrokerShape} shape */
function nodeSettings({ nodeId, listeners, controllerPort, controllerProtocol, voters, dataDir }) {
  const [first = { name: 'PLAINTEXT' }] = listeners;
  const addresses = listeners.map(({ name, port }) => `${name}://127.0.0.1:${port}`).join(',');
  const protocols = listeners.map(({ name, protocol }) => `${name}:${protocol}`).join(',');
  return {
    'process.roles': 'broker,controller',
    'node.id': nodeId,
    'controller.quorum.voters': voters.join(','),
    listeners: `${addresses},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': addresses,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': first.name,
    'listener.security.protocol.map': `CONTROLLER:${controllerProtocol ?? 'PLAINTEXT'},${protocols}`,
    'log.dirs': dataDir,
    ...Object.assign({}, ...listeners.map(listenerSettings)),
  };
}

/** @param {Listener} listener */
const listenerSettings = ({ name, settings = {} }) =>
  Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      `listener.name.${name.toLowerCase()}.${key}`,
      value,
    ]),
  );

/** @param {number} brokerCount */
function replication(brokerCount) {
  const factor = Math.min(brokerCount, 3);
  const minIsr = factor > 1 ? 2 : 1;
  return {
    'default.replication.factor': factor,
    'min.insync.replicas': minIsr,
    'offsets.topic.replication.factor': factor,
    'transaction.state.log.replication.factor': factor,
    'transaction.state.log.min.isr': minIsr,
    'share.coordinator.state.topic.replication.factor': factor,
    'share.coordinator.state.topic.min.isr': minIsr,
  };
}

const SMALL_AND_QUICK = {
  'auto.create.topics.enable': false,
  'num.partitions': 1,
  'offsets.topic.num.partitions': 5,
  'transaction.state.log.num.partitions': 5,
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 1000,
  // With the default of 9 s a broker waits that long for its own earlier session after SIGKILL.
  'broker.session.timeout.ms': 2000,
  'broker.heartbeat.interval.ms': 400,
  'num.network.threads': 2,
  'num.io.threads': 4,
  'background.threads': 2,
  'log.cleaner.dedupe.buffer.size': 16_777_216,
};

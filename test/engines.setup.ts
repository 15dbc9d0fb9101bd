/** What this file needs of tools/engines, which is plain JavaScript: it runs before the installation. */
interface EnginesModule {
  enginesStatus(): Promise<{
    readonly kafka: 'up' | 'down';
    readonly database: 'up' | 'down';
    readonly kafkaBrokers?: string;
    readonly mongoUri?: string;
    readonly capabilities?: readonly string[];
  }>;
}

const ENGINES: string = '../tools/engines/engines.mjs';

/**
 * Finds the real servers of the conformance and e2e suites, once, before Jest: those that the
 * environment names, else those that `npm run engines -- up` started. `npm test` starts its own.
 *
 * A server that is missing is an error that names it, never a skipped suite.
 */
export default async function findEngines(): Promise<void> {
  if (named('KAFKA_BROKERS') && named('MONGODB_URI')) return;
  const { enginesStatus } = (await import(ENGINES)) as EnginesModule;
  const status = await enginesStatus();
  const missing = [
    ...(named('KAFKA_BROKERS') || status.kafka === 'up' ? [] : ['Kafka (KAFKA_BROKERS)']),
    ...(named('MONGODB_URI') || status.database === 'up' ? [] : ['the database (MONGODB_URI)']),
  ];
  if (missing.length > 0) {
    throw new Error(
      `${missing.join(' and ')} is not running and not named in the environment: run npm test, or npm run engines -- up`,
    );
  }
  process.env['KAFKA_BROKERS'] ??= status.kafkaBrokers;
  process.env['MONGODB_URI'] ??= status.mongoUri;
  process.env['MONGODB_CAPABILITIES'] ??= status.capabilities?.join(',');
}

function named(variable: string): boolean {
  return (process.env[variable] ?? '') !== '';
}

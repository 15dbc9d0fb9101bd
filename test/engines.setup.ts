/** Starts the real servers of the conformance and e2e suites, unless the environment names them. */
export default async function setUpEngines(): Promise<void> {
  if (process.env['KAFKA_BROKERS'] !== undefined && process.env['MONGODB_URI'] !== undefined)
    return;
  throw new Error(
    'KAFKA_BROKERS and MONGODB_URI are not set: run npm test, or npm run engines -- up',
  );
}

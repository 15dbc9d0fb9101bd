import { randomBytes } from 'node:crypto';
import { MillraceError } from 'millrace/errors';
import { MongoSinkFactory } from 'millrace/mongo';
import type { MongoSinkOptions } from 'millrace/mongo';
import type { PipelineRecord, RecordResult, SinkPort } from 'millrace/pipeline';
import { systemClock } from 'millrace/retry';
import { FaultProxy } from 'millrace/testing';
import type { Db } from 'mongodb';
import { MongoClient } from 'mongodb';

export interface Price {
  readonly metal: string;
  readonly price: unknown;
  readonly at: number;
}

export type SinkOptions = Omit<MongoSinkOptions<Price>, 'groupId'>;

/** The server of the engines, unless the environment names another one. */
export const mongoUri =
  process.env['MONGODB_URI'] ?? 'mongodb://127.0.0.1:27017/?directConnection=true';

/** A proxy before that server. */
export const mongoProxy = (): Promise<FaultProxy> =>
  FaultProxy.to(new URL(mongoUri.replace(/^mongodb:/, 'http:')).host);

/** Clients stay on the proxy: they must not ask the server for other addresses. */
export const uriOf = ({ address }: FaultProxy): string =>
  `mongodb://${address}/?directConnection=true`;

/** One database per file and run; who uses it drops it. */
export const newDatabaseName = (): string => `t_${process.pid}_${randomBytes(4).toString('hex')}`;

export const CLIENT_OPTIONS = {
  w: 'majority',
  journal: true,
  retryWrites: true,
  serverSelectionTimeoutMS: 3_000,
} as const;

/** A client and a database of its own for the tests of one file. */
export function aDatabasePerFile(): {
  readonly name: string;
  readonly client: MongoClient;
  readonly db: Db;
} {
  const name = newDatabaseName();
  let client: MongoClient;
  beforeAll(async () => {
    client = await MongoClient.connect(mongoUri, CLIENT_OPTIONS);
  });
  afterAll(async () => {
    await client.db(name).dropDatabase();
    await client.close();
  });
  return {
    name,
    get client() {
      return client;
    },
    get db() {
      return client.db(name);
    },
  };
}

/** The newest price of each metal. */
export const guarding: SinkOptions = {
  id: ({ metal }) => metal,
  version: ({ at }) => new Date(at),
  document: ({ price, at }) => ({ price, at }),
};

export const BOUND: { readonly signal: AbortSignal; readonly deadlineMs: number } = {
  signal: new AbortController().signal,
  deadlineMs: 30_000,
};

/** A sink as `@MongoSink` makes it, on a client of the test. */
export function sinkOn(
  client: MongoClient,
  database: string,
  options: SinkOptions & { readonly collection: string },
  writeTimeoutMs = 10_000,
): SinkPort {
  const db = client.db(database);
  const connection = {
    collection: ((name: string) => db.collection(name)) as never,
    probe: async () => void (await db.command({ ping: 1 })),
  };
  const { collection } = options;
  return new MongoSinkFactory(connection, { writeTimeoutMs }, systemClock).create(
    { collection, pipeline: 'metals', sink: 'TestSink' },
    { groupId: 'test', ...options },
  );
}

export function record(index: number, event: Partial<Price> = {}): PipelineRecord<Price> {
  return {
    topic: 'metals-prices',
    partition: 0,
    eventId: `event-${index}`,
    event: { metal: 'gold', price: index, at: index, ...event },
    raw: { offset: BigInt(index), timestampMs: 0, key: null, value: null, headers: [] },
  };
}

export const records = (count: number): Array<PipelineRecord<Price>> =>
  Array.from({ length: count }, (_, index) => record(index));

/** What became of each record, as words. */
export function words(results: readonly RecordResult[]): string[] {
  return results.map((result) => {
    if (!('error' in result)) return result.outcome;
    return result.error instanceof MillraceError ? result.error.code : 'no code';
  });
}

/** How often each word was the answer. */
export function tally(results: readonly RecordResult[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words(results)) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

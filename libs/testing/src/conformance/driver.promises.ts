import type { DriverFeatures } from './driver-suite';

/** One promise of the driver port. */
export interface DriverPromise {
  /** Named in brackets in the titles of the tests that show it. */
  readonly id: `D${number}`;
  readonly sentence: string;
  /** Without this feature the suite cannot show the promise at all: it is listed as not shown. */
  readonly needs?: keyof DriverFeatures;
  /** Without these features the suite shows a part of it. */
  readonly fullyWith?: ReadonlyArray<keyof DriverFeatures>;
}

/** What every driver promises; {@link describeKafkaDriver} shows it on an adapter. */
export const DRIVER_PROMISES: readonly DriverPromise[] = Object.freeze([
  {
    id: 'D1',
    sentence: 'a record is delivered at least once, until it is committed',
    fullyWith: ['kill'],
  },
  { id: 'D2', sentence: 'records of a partition come in order' },
  { id: 'D3', sentence: 'a partition has at most one open batch call' },
  { id: 'D4', sentence: 'nothing is committed without a call of commit()' },
  { id: 'D5', sentence: 'nothing is committed for an old epoch' },
  {
    id: 'D6',
    sentence:
      'the signal of an epoch fires before others have its partitions, where the client can',
  },
  {
    id: 'D7',
    sentence: 'a pause holds before the next batch call, and membership survives any pause',
    fullyWith: ['sessionTimeoutMs'],
  },
  { id: 'D8', sentence: 'a seek never commits' },
  {
    id: 'D9',
    sentence: 'a lost offset is an event, never a silent jump',
    fullyWith: ['deleteRecords'],
  },
  {
    id: 'D10',
    sentence: 'a range that cannot be decoded comes as one record in its place, never as a spin',
    needs: 'appendUndecodable',
  },
  { id: 'D11', sentence: 'publish answers acked only when all in-sync replicas have the record' },
  {
    id: 'D12',
    sentence: 'every call ends within its deadline, and a closed driver leaves nothing behind',
    fullyWith: ['createUnreachable'],
  },
  {
    id: 'D13',
    sentence: 'gzip, snappy, lz4 and zstd are read',
    needs: 'compressions',
  },
  {
    id: 'D14',
    sentence: 'an error of the client library never leaves the driver without a code',
    fullyWith: ['createUnreachable'],
  },
  { id: 'D15', sentence: 'events are never needed for correctness' },
  { id: 'D16', sentence: 'admin queries work while no consumer runs' },
  {
    id: 'D17',
    sentence: 'a reader reads any range of a log, joins no group and leaves nothing on the brokers',
  },
  {
    id: 'D18',
    sentence: 'a read ends: with records, after its wait, with its signal or with a coded error',
    fullyWith: ['createUnreachable'],
  },
  {
    id: 'D19',
    sentence: 'a reader gets what a consumer gets, and begins at the first record still there',
    fullyWith: ['deleteRecords', 'appendUndecodable', 'compressions'],
  },
] satisfies readonly DriverPromise[]);

import type { KafkaDriver } from 'millrace/pipeline';
import { describeAdmin } from './driver-suite.admin';
import { describeConsumer } from './driver-suite.consumer';
import { describeEdges } from './driver-suite.edges';
import { describeGroups } from './driver-suite.groups';
import { describeProducer } from './driver-suite.producer';
import { DriverScene } from './driver-scene';

/** What a driver can do beyond the promises that every driver keeps. */
export interface DriverFeatures {
  /** Ends a driver as a killed process does; its partitions move when its session is over. */
  readonly kill?: (driver: KafkaDriver) => void;
  /** Deletes the records below an offset, as retention does. */
  readonly deleteRecords?: (topic: string, partition: number, before: bigint) => Promise<void>;
  /** Session of its members; unit ms. With it, a pause that is longer is tried. */
  readonly sessionTimeoutMs?: number;
  /** Values of `compression.type` that the brokers can be asked for. */
  readonly compressions?: readonly string[];
  /** Makes a client of brokers that are not there. */
  readonly createUnreachable?: () => KafkaDriver;
}

export interface DriverSuiteOptions {
  /** Makes a client of the same cluster each time it is called. */
  readonly createDriver: () => KafkaDriver;
  readonly features?: DriverFeatures;
}

/**
 * Checks every promise of the driver port (D1-D16) on any adapter: the same suite for the in-memory
 * broker and for real ones.
 *
 * @example describeKafkaDriver('memory', { createDriver: () => new MemoryDriver({ broker }) });
 */
export function describeKafkaDriver(name: string, options: DriverSuiteOptions): void {
  describe(`${name} keeps the promises of a Kafka driver`, () => {
    const scene = new DriverScene(options.createDriver);
    afterEach(() => scene.close());
    describeConsumer(scene, options.features ?? {});
    describeGroups(scene, options.features ?? {});
    describeProducer(scene);
    describeAdmin(scene);
    describeEdges(scene, options.features ?? {});
  });
}

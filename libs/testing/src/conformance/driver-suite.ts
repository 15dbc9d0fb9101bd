import type { KafkaDriver } from 'millrace/pipeline';
import { describeAdmin } from './driver-suite.admin';
import { describeConsumer } from './driver-suite.consumer';
import { describeEdges } from './driver-suite.edges';
import { describeGroups } from './driver-suite.groups';
import { describeProducer } from './driver-suite.producer';
import { describeReader } from './driver-suite.reader';
import { describeRecovery } from './driver-suite.recovery';
import { DRIVER_PROMISES } from './driver.promises';
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
  /** Appends one range to a partition that exists and that no client can decode. */
  readonly appendUndecodable?: (topic: string, partition: number) => Promise<void>;
  /** Makes a client of brokers that are not there. */
  readonly createUnreachable?: () => KafkaDriver;
}

export interface DriverSuiteOptions {
  /** Makes a client of the same cluster each time it is called. */
  readonly createDriver: () => KafkaDriver;
  readonly features?: DriverFeatures;
}

/**
 * Checks every promise of the driver port ({@link DRIVER_PROMISES}) on any adapter: the same suite
 * for the in-memory broker and for real ones. What cannot be shown for want of a feature is listed.
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
    describeReader(scene, options.features ?? {});
    describeEdges(scene, options.features ?? {});
    describeRecovery(scene, options.features ?? {});
    listMissing(options.features ?? {});
  });
}

function listMissing(features: DriverFeatures): void {
  for (const { id, sentence, needs, fullyWith = [] } of DRIVER_PROMISES) {
    if (needs !== undefined && features[needs] === undefined) {
      it.todo(`${id} is not shown here, it needs features.${needs}: ${sentence}`);
    }
    const absent = fullyWith.filter((feature) => features[feature] === undefined);
    if (absent.length > 0) it.todo(`${id} is shown in part, without ${absent.join(', ')}`);
  }
}

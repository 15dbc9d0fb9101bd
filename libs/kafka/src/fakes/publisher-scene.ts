import { Logger } from '@nestjs/common';
import type { OutgoingRecord, ProducerPort, PublishResult } from 'millrace/pipeline';
import type { KafkaOverrides } from '../kafka.options';
import { KafkajsDriver } from '../kafkajs.driver';
import { FakeCluster } from './fake-cluster';
import { ManualClock } from './manual-clock';

export const DEADLINE = { deadlineMs: 10_000 } as const;

export function record(value: string, rest: Partial<OutgoingRecord> = {}): OutgoingRecord {
  return { topic: 'prices', key: null, value: Buffer.from(value), headers: [], ...rest };
}

/** Records v0, v1, ... */
export function numbered(
  count: number,
  rest: Partial<OutgoingRecord> = {},
): readonly OutgoingRecord[] {
  return Array.from({ length: count }, (_, index) => record(`v${index}`, rest));
}

export function statuses(results: readonly PublishResult[]): readonly string[] {
  return results.map(({ status }) => status);
}

/** `acked`, or the code of the error. */
export function codes(results: readonly PublishResult[]): readonly string[] {
  return results.map((result) => (result.status === 'acked' ? 'acked' : result.error.code));
}

/** A cluster with the topic `prices`, and publishers on it that live in fake time. */
export class PublisherScene {
  readonly cluster = new FakeCluster().topic('prices');
  readonly clock = new ManualClock();

  open(options: KafkaOverrides = {}): ProducerPort {
    const driver = new KafkajsDriver(options, {
      clock: this.clock,
      random: () => 0,
      createClient: this.cluster.createClient,
    });
    return driver.producer({ name: 'events' });
  }
}

/** Keeps the log quiet and gives every test of the file a scene of its own. */
export function aScenePerTest(): Pick<PublisherScene, 'cluster' | 'clock' | 'open'> {
  let scene: PublisherScene;
  beforeAll(() => void Logger.overrideLogger(false));
  beforeEach(() => {
    scene = new PublisherScene();
  });
  return {
    get cluster() {
      return scene.cluster;
    },
    get clock() {
      return scene.clock;
    },
    open: (options) => scene.open(options),
  };
}

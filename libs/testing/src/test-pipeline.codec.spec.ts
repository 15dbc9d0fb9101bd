import { Controller, Inject, Injectable, Logger, Module } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { CodecMalformedError, defineContract } from 'millrace/contracts';
import type { Codec } from 'millrace/contracts';
import { defineError } from 'millrace/errors';
import { HealthRegistry } from 'millrace/health';
import { KafkaModule } from 'millrace/kafka';
import { Consumes, PipelineModule, PipelineRegistry } from 'millrace/pipeline';
import { z } from 'zod';
import { FakeClock } from './fake-clock';
import { testPipeline } from './test-pipeline';
import type { TestPipeline } from './test-pipeline';

beforeAll(() => Logger.overrideLogger(false));

class RegistryAwayError extends defineError({
  code: 'REGISTRY_AWAY',
  failure: 'infrastructure',
  summary: 'the schema registry does not answer',
  likelyCause: 'it restarts',
  fix: 'wait',
}) {}

const MAGIC = 0;
const HEADER_BYTES = 5;

/** Another server, which can be away. */
class SchemaServer {
  readonly ids = new Set([7, 8]);
  isAway = false;

  fetch(id: number): Promise<boolean> {
    if (this.isAway) return Promise.reject(new RegistryAwayError());
    return Promise.resolve(this.ids.has(id));
  }
}

/** What a codec of a schema registry does: one byte, the id of the schema, then the value. */
class RegistryCodec implements Codec {
  readonly contentType = 'application/vnd.lab.registry';
  readonly known = new Set<number>();
  readonly prepared: number[] = [];

  constructor(private readonly server: SchemaServer) {}

  async prepare(values: readonly Buffer[]): Promise<void> {
    this.prepared.push(values.length);
    const ids = new Set(values.filter(hasHeader).map((value) => value.readInt32BE(1)));
    for (const id of ids) {
      if (!this.known.has(id) && (await this.server.fetch(id))) this.known.add(id);
    }
  }

  encode(value: unknown): Buffer {
    return withHeader(7, Buffer.from(JSON.stringify(value)));
  }

  decode(bytes: Buffer): unknown {
    if (!hasHeader(bytes)) throw new CodecMalformedError({ message: 'there is no schema id' });
    if (!this.known.has(bytes.readInt32BE(1))) {
      throw new CodecMalformedError({ message: 'nobody registered the schema' });
    }
    return JSON.parse(bytes.toString('utf8', HEADER_BYTES)) as unknown;
  }
}

const hasHeader = (bytes: Buffer) => bytes.length >= HEADER_BYTES && bytes[0] === MAGIC;
function withHeader(id: number, value: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, value]);
}

const lab = { server: new SchemaServer(), weights: [] as number[] };
const codec = { current: new RegistryCodec(lab.server) };

const Weighed = defineContract({
  name: 'lab.weight.taken',
  version: 2,
  topic: 'weights',
  key: () => 'one',
  schema: z.strictObject({ weight: z.number(), unit: z.string() }),
  upcast: { 1: (old: object) => ({ ...old, unit: 'g' }) },
  codec: {
    contentType: codec.current.contentType,
    prepare: (values) => codec.current.prepare(values),
    encode: (value) => codec.current.encode(value),
    decode: (bytes) => codec.current.decode(bytes),
  },
});

@Controller()
class WeightController {
  /** As for JSON: the handler knows nothing of the codec. */
  @Consumes(Weighed, { groupId: 'lab' })
  onWeight({ weight }: { weight: number }): void {
    lab.weights.push(weight);
  }
}

@Injectable()
class RegistryDependency implements OnModuleInit {
  constructor(@Inject(PipelineRegistry) private readonly registry: PipelineRegistry) {}

  onModuleInit(): void {
    this.registry.registerDependency({
      name: 'schema-registry',
      probe: async () => void (await lab.server.fetch(0)),
      owns: ({ code }) => code === 'REGISTRY_AWAY',
    });
  }
}

@Module({
  imports: [PipelineModule.forRoot({ service: 'lab' }), KafkaModule.forRoot()],
  controllers: [WeightController],
  providers: [RegistryDependency],
})
class LabModule {}

describe('a codec that must ask a server first', () => {
  const clock = new FakeClock();
  let pipeline: TestPipeline;

  beforeEach(async () => {
    lab.server = new SchemaServer();
    lab.weights.length = 0;
    codec.current = new RegistryCodec(lab.server);
    pipeline = await testPipeline(LabModule, { clock });
  });
  afterEach(() => pipeline.close());

  const publishTogether = async (...weights: readonly number[]) => {
    pipeline.faults.brokerDown();
    for (const weight of weights) await pipeline.publish(Weighed, { weight, unit: 'g' });
    pipeline.faults.brokerUp();
  };
  /** True when readiness fails because of the server. */
  const isGateClosed = () => {
    const checks = pipeline.app.get(HealthRegistry).read();
    const state = checks.find(({ name }) => name === 'pipeline')?.state;
    return state?.status === 'down' && JSON.stringify(state).includes('schema-registry');
  };
  const headersOf = (letter: { readonly headers: Iterable<readonly [string, Buffer | null]> }) =>
    new Map([...letter.headers].map(([name, value]) => [name, value?.toString()]));

  it('is asked once for a whole batch, and its bytes reach the handler as events', async () => {
    await publishTogether(1, 2, 3, 4, 5);
    await pipeline.settled();
    expect(lab.weights).toEqual([1, 2, 3, 4, 5]);
    expect(codec.current.prepared).toEqual([5]);
  });

  it('waits behind a gate while the server is away: no dead letter, no record lost', async () => {
    lab.server.isAway = true;
    await publishTogether(1, 2);
    await clock.runUntil(isGateClosed, 600_000);
    expect(lab.weights).toEqual([]);
    lab.server.isAway = false;
    await pipeline.settled();
    expect(lab.weights).toEqual([1, 2]);
    expect(pipeline.deadLetters('weights')).toEqual([]);
  });

  it('makes a dead letter only of the record whose schema or header is wrong', async () => {
    pipeline.faults.brokerDown();
    await pipeline.publish(Weighed, { weight: 1, unit: 'g' });
    pipeline.publishRaw('weights', withHeader(99, Buffer.from('{}')), {}, { key: 'one' });
    pipeline.publishRaw('weights', '{"weight":9}', {}, { key: 'one' });
    await pipeline.publish(Weighed, { weight: 2, unit: 'g' });
    pipeline.faults.brokerUp();
    await pipeline.settled();
    expect(lab.weights).toEqual([1, 2]);
    const reasons = pipeline.deadLetters('weights').map((letter) => {
      const headers = headersOf(letter);
      return [headers.get('dead-letter-reason'), headers.get('dead-letter-error-message')];
    });
    expect(reasons).toEqual([
      ['malformed', 'nobody registered the schema'],
      ['malformed', 'there is no schema id'],
    ]);
  });

  it('[CTR-03] upcasts what it decodes, and parks a version that nobody knows', async () => {
    const old = withHeader(8, Buffer.from('{"weight":3}'));
    pipeline.publishRaw('weights', old, { 'contract-version': '1' });
    pipeline.publishRaw('weights', old, { 'contract-version': '3' });
    await pipeline.settled();
    expect(lab.weights).toEqual([3]);
    const letters = pipeline.deadLetters('weights').map(headersOf);
    expect(letters.map((each) => each.get('dead-letter-reason'))).toEqual(['contract-unknown']);
  });

  it('[CTR-01] validates before the handler: the dead letter names every bad field', async () => {
    const bad = withHeader(7, Buffer.from('{"weight":"x","unit":7}'));
    pipeline.publishRaw('weights', bad, { 'contract-version': '2' });
    await pipeline.settled();
    expect(lab.weights).toEqual([]);
    const [letter = new Map<string, string>()] = pipeline.deadLetters('weights').map(headersOf);
    expect(letter.get('dead-letter-reason')).toBe('contract-invalid');
    expect(letter.get('dead-letter-error-message')).toMatch(/weight: .*; unit: /);
  });

  it('stops waiting when the service drains', async () => {
    lab.server.isAway = true;
    await publishTogether(1);
    await clock.runUntil(isGateClosed, 600_000);
    await pipeline.close();
    expect(lab.weights).toEqual([]);
    pipeline = await testPipeline(LabModule, { clock });
  });
});

import type { Contract } from 'millrace/contracts';
import { READING } from './fakes/records';
import { GroupTopicsDifferError, HandlerDuplicateError } from './pipeline.errors';
import { PipelineRegistry } from './pipeline.registry';
import type { SinkPort } from './ports/sink';
import type { SinkRegistration, Subscription } from './subscription';

const sink: SinkPort = { name: 'store', write: async () => [], probe: async () => undefined };

function reader(topic: string, groupId: string, contract: Contract | null = READING): Subscription {
  const target = { kind: 'record', handler: async () => undefined } as const;
  return { topic, contract, pipeline: 'lab', name: `on-${topic}`, options: { groupId }, target };
}

const registration: SinkRegistration = {
  contract: READING,
  groupId: 'lab-store',
  name: 'ReadingSink',
  sink,
  identity: { id: ({ eventId }) => eventId },
  options: { window: { maxRecords: 7 } },
};

describe('PipelineRegistry', () => {
  it('refuses two readers of one topic in one group', () => {
    const registry = new PipelineRegistry();
    registry.register(reader('readings', 'lab'));
    const second = () => registry.register(reader('readings', 'lab'));
    expect(second).toThrow(HandlerDuplicateError);
    expect(second).toThrow('both read topic "readings" in group "lab"');
  });

  it('refuses one group with two topics', () => {
    const registry = new PipelineRegistry();
    registry.register(reader('readings', 'lab'));
    expect(() => registry.register(reader('others', 'lab'))).toThrow(GroupTopicsDifferError);
  });

  it('[CON-05] lets two groups read one topic', () => {
    const registry = new PipelineRegistry();
    registry.register(reader('readings', 'lab'));
    registry.register(reader('readings', 'audit'));
    expect(registry.subscriptions).toHaveLength(2);
  });

  it('lets plain handlers share the group of the service', () => {
    const registry = new PipelineRegistry();
    registry.register(reader('a', 'service', null));
    registry.register(reader('b', 'service', null));
    expect(registry.subscriptions.map(({ topic }) => topic)).toEqual(['a', 'b']);
    expect(() => registry.register(reader('c', 'service'))).toThrow(GroupTopicsDifferError);
  });

  it('makes a reader of a sink, and a dependency', () => {
    const registry = new PipelineRegistry();
    registry.registerSink(registration);
    expect(registry.subscriptions).toMatchObject([
      {
        topic: 'readings',
        pipeline: 'lab',
        options: { groupId: 'lab-store', window: { maxRecords: 7 } },
        target: { kind: 'sink', sink },
      },
    ]);
    expect(registry.dependencies.get('store')).toBe(sink);
  });

  it('writes to what the sink writer chooses', () => {
    const other: SinkPort = { ...sink, name: 'memory' };
    const registry = new PipelineRegistry(({ name }) => (name === 'ReadingSink' ? other : sink));
    registry.registerSink(registration);
    expect(registry.subscriptions).toMatchObject([{ target: { sink: other } }]);
    expect([...registry.dependencies.keys()]).toEqual(['memory']);
  });

  it('keeps the first dependency of a name and each published contract once', () => {
    const registry = new PipelineRegistry();
    registry.registerDependency(sink);
    registry.registerDependency({ ...sink });
    registry.registerPublished(READING);
    registry.registerPublished(READING);
    expect(registry.dependencies.get('store')).toBe(sink);
    expect(registry.publishedContracts).toEqual([READING]);
  });
});

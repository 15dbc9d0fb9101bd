import { Logger } from '@nestjs/common';
import { permanent } from 'millrace/errors';
import { FakeClock } from 'millrace/testing';
import { recordAt } from '../fakes/records';
import { SettlementScene } from '../fakes/settlement.scene';
import { recordHandling } from '../handling/handling';

beforeAll(() => Logger.overrideLogger(false));

const refusing = recordHandling(async () => {
  throw permanent('never');
});

describe('dead letters on their way', () => {
  it.each([
    ['wait for others to share a request with', false, 50],
    ['do not, where the next record waits for them', true, undefined],
  ])('%s', async (_what, storesInOrder, lingerMs) => {
    const more = { storesInOrder };
    const scene = new SettlementScene(new FakeClock(), refusing, undefined, undefined, more);
    await scene.process([recordAt(0)], scene.scope);
    expect(scene.deadLetters).toEqual(['0 handler-permanent 1']);
    expect(scene.producer.lingers).toEqual([lingerMs]);
  });
});

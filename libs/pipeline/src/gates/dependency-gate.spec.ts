import { Logger } from '@nestjs/common';
import { constant } from 'millrace/retry';
import { FakeClock } from 'millrace/testing';
import { DependencyGate } from './dependency-gate';
import { StoreAwayError } from '../fakes/records';

beforeAll(() => Logger.overrideLogger(false));

function sceneOf(answers: readonly boolean[]) {
  const clock = new FakeClock();
  const probedAtMs: number[] = [];
  const changes: boolean[] = [];
  const gate = new DependencyGate({
    name: 'store',
    clock,
    random: () => 0.5,
    backoff: constant(1_000),
    onChange: (isOpen) => changes.push(isOpen),
    probe: async () => {
      probedAtMs.push(clock.monotonicMs());
      if (answers[probedAtMs.length - 1] !== true) throw new Error('away');
    },
  });
  const abort = new AbortController();
  const wait = () => gate.waitBehind(new StoreAwayError(), abort.signal);
  return { clock, probedAtMs, changes, gate, abort, wait };
}

describe('DependencyGate', () => {
  it('opens after two good probes in a row and lets everybody through', async () => {
    const scene = sceneOf([false, true, false, true, true]);
    const passed: number[] = [];
    for (const id of [1, 2, 3]) void scene.wait().then(() => passed.push(id));
    await scene.clock.advance(2_599);
    expect([passed, scene.gate.closedForMs]).toEqual([[], 2_599]);
    await scene.clock.advance(1);
    expect(passed).toEqual([1, 2, 3]);
    expect(scene.probedAtMs).toHaveLength(5);
    expect(scene.changes).toEqual([false, true]);
    expect([scene.gate.closedForMs, scene.gate.reason]).toEqual([null, null]);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('probes soon at first, then with the waits of its backoff', async () => {
    const scene = sceneOf([]);
    void scene.wait();
    await scene.clock.advance(3_500);
    expect(scene.probedAtMs).toEqual([200, 1_200, 2_200, 3_200]);
    expect(scene.gate.reason).toMatchObject({ code: 'SINK_AWAY' });
    scene.gate.dispose();
  });

  it('closes again after it opened', async () => {
    const scene = sceneOf([true, true, true, true]);
    void scene.wait();
    await scene.clock.advance(400);
    void scene.wait();
    await scene.clock.advance(400);
    expect(scene.changes).toEqual([false, true, false, true]);
  });

  it('gives up one wait with the reason of its signal; the gate stays closed', async () => {
    const scene = sceneOf([]);
    const waiting = expect(scene.wait()).rejects.toThrow('revoked');
    await scene.clock.advance(500);
    scene.abort.abort(new Error('revoked'));
    await waiting;
    await expect(scene.wait()).rejects.toThrow('revoked');
    expect(scene.gate.closedForMs).toBe(500);
    scene.gate.dispose();
  });

  it('leaves no timer behind after its disposal', async () => {
    const scene = sceneOf([]);
    void scene.wait();
    await scene.clock.advance(500);
    scene.gate.dispose();
    await scene.clock.flush();
    expect(scene.clock.pendingTimers).toBe(0);
  });
});

import { createServer, get } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { FakeClock, MemorySinkDownError, eventually } from 'millrace/testing';
import type { KnownUser } from '../access/sessions';
import { EventStreams } from './event-streams';

/** The response of a caller who reads when told to. */
class SlowResponse extends Writable {
  readonly got: string[] = [];
  status = 0;
  private goOn: (() => void) | null = null;
  isReading = true;

  constructor() {
    super({ highWaterMark: 1_024 });
  }

  writeHead(status: number): void {
    this.status = status;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.got.push(chunk.toString());
    if (this.isReading) done();
    else this.goOn = done;
  }

  read(): void {
    this.isReading = true;
    this.goOn?.();
  }
}

const userOf = (name: string, expiresAtMs: number | null = null): KnownUser => ({
  name,
  role: 'viewer',
  expiresAtMs,
});

class Scene {
  readonly clock = new FakeClock();
  readonly counts: number[] = [];
  state: Record<string, unknown> = { 'handler:orders': { lag: 0 } };
  samples = 0;
  isDown = false;
  readonly streams = new EventStreams({
    clock: this.clock,
    gatekeeper: {
      isExpired: ({ expiresAtMs }) => expiresAtMs !== null && expiresAtMs <= this.clock.now(),
    },
    metrics: { streams: (count) => void this.counts.push(count) },
    sampler: {
      sample: async () => {
        this.samples += 1;
        if (this.isDown) throw new MemorySinkDownError();
        const lines = Object.entries(this.state);
        return new Map(lines.map(([name, value]) => [name, JSON.stringify(value)]));
      },
    },
  });

  async open(name = 'vera', lastEventId: string | null = null, expiresAtMs?: number) {
    const response = new SlowResponse();
    const user = userOf(name, expiresAtMs ?? null);
    await this.streams.open(user, response as unknown as ServerResponse, lastEventId);
    await this.clock.flush();
    return response;
  }
}

const eventsOf = ({ got }: SlowResponse) =>
  [...got.join('').matchAll(/event: (\w+)\nid: (\S+)\ndata: (.*)\n\n/g)].map(
    ([, event, id = '', data = '']) => ({ event, id, data: JSON.parse(data) as unknown }),
  );

describe('event streams', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });

  it('[OPS-03] begin with a snapshot and go on with what changed, each second', async () => {
    const response = await scene.open();
    scene.state = { 'handler:orders': { lag: 3 }, 'redrive:1': {} };
    await scene.clock.advance(1_000);
    scene.state = { 'redrive:1': {} };
    await scene.clock.advance(1_000);
    expect(eventsOf(response)).toMatchObject([
      { event: 'snapshot', data: { state: { 'handler:orders': { lag: 0 } } } },
      { event: 'delta', data: { changed: { 'handler:orders': { lag: 3 }, 'redrive:1': {} } } },
      { event: 'delta', data: { changed: {}, removed: ['handler:orders'] } },
    ]);
  });

  it('send a heartbeat every 15 seconds, also while the state cannot be read', async () => {
    const response = await scene.open();
    scene.isDown = true;
    await scene.clock.advance(31_000);
    expect(response.got.join('').match(/^: heartbeat$/gm)).toHaveLength(2);
  });

  it('go on where a caller was cut off, and begin anew when that is long ago', async () => {
    const first = await scene.open();
    const other = await scene.open('otto');
    scene.state = { 'handler:orders': { lag: 3 } };
    await scene.clock.advance(1_000);
    const ids = eventsOf(first).map(({ id }) => id);
    const back = await scene.open('vera', ids[0] ?? '');
    expect(eventsOf(back).map(({ event, id }) => [event, id])).toEqual([['delta', ids[1]]]);
    await scene.clock.advance(120_000);
    expect(eventsOf(await scene.open('vera', ids[0] ?? ''))[0]?.event).toBe('snapshot');
    expect(eventsOf(await scene.open('vera', 'another-1'))[0]?.event).toBe('snapshot');
    other.destroy();
  });

  it('are at most four of one user; a closed one makes room', async () => {
    const open = [];
    for (let count = 0; count < 4; count += 1) open.push(await scene.open());
    await expect(scene.open()).rejects.toMatchObject({ code: 'CONSOLE_STREAM_LIMIT' });
    await scene.open('otto');
    open[0]?.destroy();
    await scene.clock.flush();
    await scene.open();
    expect(scene.streams.count).toBe(5);
  });

  it('look at the state once for all, and not at all while nobody reads', async () => {
    const [one, two] = [await scene.open(), await scene.open('otto')];
    const before = scene.samples;
    await scene.clock.advance(5_000);
    expect(scene.samples - before).toBe(5);
    one.destroy();
    two.destroy();
    await scene.clock.advance(10_000);
    expect([scene.samples - before, scene.clock.pendingTimers]).toEqual([5, 0]);
  });

  it('keep nothing for a reader who is too slow, and give him the state when he reads again', async () => {
    const response = await scene.open();
    response.isReading = false;
    for (let second = 0; second < 50; second += 1) {
      scene.state = { 'handler:orders': { lag: second, filler: 'x'.repeat(100_000) } };
      await scene.clock.advance(1_000);
      expect(response.writableLength).toBeLessThan(210_000);
    }
    response.read();
    await scene.clock.advance(1_000);
    const newest = eventsOf(response).at(-1);
    expect(JSON.stringify(newest?.data)).toContain('"lag":49');
    expect(eventsOf(response).length).toBeLessThan(15);
  });

  it('end for a reader who takes nothing for a minute', async () => {
    const response = await scene.open();
    response.isReading = false;
    for (let second = 0; second < 63; second += 1) {
      scene.state = { 'handler:orders': { second, filler: 'x'.repeat(2_000) } };
      await scene.clock.advance(1_000);
    }
    expect([response.destroyed, scene.streams.count]).toEqual([true, 0]);
  });

  it('end when the token does', async () => {
    const response = await scene.open('vera', null, scene.clock.now() + 3_000);
    await scene.clock.advance(2_000);
    expect(response.writableEnded).toBe(false);
    await scene.clock.advance(2_000);
    expect(response.writableEnded).toBe(true);
  });

  it('refuse when the state cannot be read at the beginning, and leave nothing behind', async () => {
    scene.isDown = true;
    await expect(scene.open()).rejects.toMatchObject({ code: 'MEMORY_SINK_DOWN' });
    expect([scene.streams.count, scene.clock.pendingTimers]).toEqual([0, 0]);
  });

  it('do not grow over a real socket whose reader has stopped', async () => {
    let response: ServerResponse | undefined;
    const server = createServer((_request, answer) => {
      response = answer;
      void scene.streams.open(userOf('vera'), answer, null);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const caller = get({ host: '127.0.0.1', port, agent: false }, (stream) => stream.pause());
    caller.on('error', () => undefined);
    await eventually(() => response !== undefined, { what: 'a request' });
    const filler = 'x'.repeat(1_000_000);
    for (let second = 0; second < 40; second += 1) {
      scene.state = { 'handler:orders': { second, filler } };
      await scene.clock.advance(1_000);
    }
    const kept = response?.writableLength ?? 0;
    caller.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(kept).toBeLessThan(4_000_000);
  });
});

import { Server, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Global, Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { OperationsModule } from 'millrace/operations';
import { KAFKA_DRIVER, PipelineModule, PipelineRegistry } from 'millrace/pipeline';
import { testPipeline } from 'millrace/testing';
import type { TestPipeline } from 'millrace/testing';
import { defineConsoleSettings } from './console.config';
import { ConsoleListener } from './console.listener';
import { ConsoleModule } from './console.module';
import { ConsoleCaller } from './fakes/console.caller';
import { TOKENS, sha256 } from './fakes/console.lab';

/** The driver in memory is put in its place. */
@Global()
@Module({ providers: [{ provide: KAFKA_DRIVER, useValue: null }], exports: [KAFKA_DRIVER] })
class NoKafkaModule {}

const appWith = (...modules: Array<DynamicModule | Type>): Type => {
  @Module({ imports: [NoKafkaModule, PipelineModule.forRoot({ service: 'shop' }), ...modules] })
  class ShopModule {}
  return ShopModule;
};

const PRODUCTION = {
  CONSOLE_ENABLED: 'true',
  NODE_ENV: 'production',
  KAFKA_TLS: 'true',
  MONGODB_TLS: 'true',
};

describe('ConsoleModule', () => {
  let pipeline: TestPipeline | undefined;
  afterEach(async () => {
    await pipeline?.close();
    pipeline = undefined;
  });

  const start = async (env: Record<string, string>, isGuarded = false) => {
    const authorize = () => ({ name: 'gus', role: 'viewer' as const });
    const console = ConsoleModule.forRoot(isGuarded ? { authorize } : {});
    pipeline = await testPipeline(appWith(OperationsModule.forRoot(), console), {
      settings: [defineConsoleSettings({ port: 0, isGuarded })],
      env,
    });
    return pipeline.app.get(ConsoleListener);
  };
  const tokens = { CONSOLE_TOKEN_HASH: `viewer:${sha256(TOKENS.viewer)}` };

  it('[S16] listens on this machine alone unless told otherwise', async () => {
    const listen = jest.spyOn(Server.prototype, 'listen');
    const { port } = await start({ CONSOLE_ENABLED: 'true', ...tokens });
    expect(listen.mock.calls.map(([, host]) => host as unknown)).toEqual(['127.0.0.1']);
    const anonymous = new ConsoleCaller(port ?? 0, {});
    expect((await anonymous.get('/handlers')).status).toBe(401);
    // Nor does it tell a stranger which paths there are.
    expect((await anonymous.send('GET', '/')).status).toBe(401);
    listen.mockRestore();
  });

  it('[S16] is off by default: no port is open', async () => {
    expect((await start({})).port).toBeUndefined();
  });

  it('[OPS-03] [S16] opens a port of its own, which the port of users does not show', async () => {
    const { port = 0 } = await start({ CONSOLE_ENABLED: 'true', ...tokens });
    const caller = new ConsoleCaller(port, { Authorization: `Bearer ${TOKENS.viewer}` });
    expect((await caller.get('/handlers')).body).toEqual({ handlers: [] });
    await pipeline?.app.listen(0, '127.0.0.1');
    const { port: users } = new URL((await pipeline?.app.getUrl()) ?? '');
    expect((await new ConsoleCaller(Number(users), {}).get('/handlers')).status).toBe(404);
  });

  it('reads who did what from the log that the adapter brings', async () => {
    const { port = 0 } = await start({ CONSOLE_ENABLED: 'true', ...tokens });
    const caller = new ConsoleCaller(port, { Authorization: `Bearer ${TOKENS.viewer}` });
    const audit = pipeline?.app.get(PipelineRegistry, { strict: false }).auditLog;
    await audit?.append({ at: new Date(), by: 'b', reason: 'r', action: 'pause', target: {} });
    expect((await caller.get('/activity')).body.entries).toMatchObject([{ by: 'b' }]);
  });

  it('is guarded by a hook in production without a token', async () => {
    const env = { ...PRODUCTION, CONFIG_ALLOW: '' };
    const { port = 0 } = await start(env, true);
    expect((await new ConsoleCaller(port, {}).get('/handlers')).status).toBe(200);
  });

  it('does not start in production when the hook that was promised is not there', async () => {
    const app = appWith(OperationsModule.forRoot(), ConsoleModule.forRoot());
    const settings = [defineConsoleSettings({ port: 0, isGuarded: true })];
    const env = PRODUCTION;
    await expect(testPipeline(app, { settings, env })).rejects.toMatchObject({
      code: 'CONSOLE_TOKEN_MISSING',
    });
  });

  it('says which port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const env = { CONSOLE_ENABLED: 'true', CONSOLE_PORT: String(port), ...tokens };
    await expect(start(env)).rejects.toMatchObject({ code: 'CONSOLE_PORT_UNAVAILABLE' });
    await new Promise((resolve) => other.close(resolve));
  });

  it('is gone when the app ends', async () => {
    const { port = 0 } = await start({ CONSOLE_ENABLED: 'true', ...tokens });
    await pipeline?.close();
    pipeline = undefined;
    await expect(new ConsoleCaller(port, {}).get('/handlers')).rejects.toThrow(/ECONNREFUSED/);
  });
});

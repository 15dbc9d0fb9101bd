import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './module-process';

interface Service {
  readonly image?: string;
  readonly build?: { readonly target: string };
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly command?: readonly string[];
}

const text = readFileSync(join(ROOT, 'compose.yaml'), 'utf8');
const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };
const all = Object.entries(services);
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

/** `NAME://host:port,...` as pairs. */
const addresses = (list = '') =>
  Object.fromEntries(list.split(',').map((address) => address.split('://') as [string, string]));

describe('compose.yaml', () => {
  it('starts one broker and one database when no profile is named', () => {
    const plain = all.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name);
    expect(plain.sort()).toEqual(['kafka', 'mongo']);
  });

  it('has the profiles app, observability and ui', () => {
    const profiles = all.flatMap(([, service]) => service.profiles ?? []);
    expect([...new Set(profiles)].sort()).toEqual(['app', 'observability', 'ui']);
  });

  it('advertises to the host the port that it publishes, and to the network the name kafka', () => {
    const { environment = {}, ports = [] } = services['kafka'] ?? {};
    const advertised = addresses(environment['KAFKA_ADVERTISED_LISTENERS']);
    expect(Object.values(advertised)).toEqual([
      '127.0.0.1:${KAFKA_HOST_PORT:-9092}',
      'kafka:29092',
    ]);
    expect(ports).toEqual(['127.0.0.1:${KAFKA_HOST_PORT:-9092}:9092']);
  });

  it('listens on the port of each advertised address, and maps each listener to a protocol', () => {
    const { environment = {} } = services['kafka'] ?? {};
    const listeners = addresses(environment['KAFKA_LISTENERS']);
    expect(listeners).toEqual({ HOST: ':9092', NETWORK: ':29092', CONTROLLER: ':29093' });
    const advertised = Object.keys(addresses(environment['KAFKA_ADVERTISED_LISTENERS']));
    expect(advertised).toEqual(['HOST', 'NETWORK']);
    const mapped = (environment['KAFKA_LISTENER_SECURITY_PROTOCOL_MAP'] ?? '').split(',');
    expect(mapped.map((pair) => pair.split(':')[0])).toEqual(Object.keys(listeners));
    expect(advertised).toContain(environment['KAFKA_INTER_BROKER_LISTENER_NAME']);
  });

  it('runs Kafka without ZooKeeper', () => {
    expect(services['kafka']?.environment?.['KAFKA_PROCESS_ROLES']).toBe('broker,controller');
    expect(text).not.toMatch(/zookeeper|2181/i);
  });

  it('runs MongoDB as a replica set that its health check initiates', () => {
    const { command, healthcheck, image } = services['mongo'] ?? {};
    expect(image).toBe('mongo:8.0');
    expect(command).toEqual(expect.arrayContaining(['--replSet', 'rs0']));
    const check = healthcheck?.test.join(' ') ?? '';
    expect(check).toContain("rs.initiate({ _id: 'rs0'");
    expect(check).toContain('isWritablePrimary');
  });

  it.each(all)(
    '%s has a health check and a pinned image or a target of the Dockerfile',
    (...row) => {
      const [, { build, healthcheck, image }] = row;
      expect(healthcheck?.test.length).toBeGreaterThan(1);
      if (build === undefined) expect(image).toMatch(/^[a-z0-9/.-]+:v?\d+(\.\d+)+$/);
      else
        expect(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')).toContain(` AS ${build.target}\n`);
    },
  );

  it.each(all)('%s publishes its ports on loopback only', (...row) => {
    for (const port of row[1].ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it(`is valid (${hasCompose ? 'docker compose config' : 'no docker compose here: only the parsed file was checked'})`, () => {
    const profiles = ['app', 'observability', 'ui'].flatMap((name) => ['--profile', name]);
    const config = hasCompose
      ? spawnSync('docker', ['compose', ...profiles, 'config', '-q'], {
          cwd: ROOT,
          encoding: 'utf8',
        })
      : { status: all.length > 0 ? 0 : 1, stderr: '' };
    expect(config).toMatchObject({ status: 0, stderr: '' });
  });
});

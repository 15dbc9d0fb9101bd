import { pause } from './scenario';
import type { Scenario } from './scenario';
import type { SeededRandom } from './seeded-random';

/** How often each kind of fault comes. */
export interface FaultCounts {
  readonly kill: number;
  /** A member is added, then another one drained. */
  readonly rebalance: number;
  readonly brokerRestart: number;
  readonly databaseStop: number;
  /** A member stands still for longer than its session, and goes on: a zombie. */
  readonly freeze: number;
  readonly blackout: number;
}
export type PlannedFault = keyof FaultCounts;

const MEMBERS = 2;
const SOON = [0, 40] as const;
const LATER = [100, 800] as const;
const PACES = ['burst', 'steady'] as const;
type Pace = (typeof PACES)[number];
const STEPS = 16;
const STEP_PAUSE_MS = 60;
const MOST_FURTHER_KILLS = 8;
/** Repeats on purpose, as a part of what was just sent. */
const REPEATED = 0.05;
/** Longest wait for a free member or a shorter backlog: then the next fault comes anyway. */
const PATIENCE_MS = 60_000;

/** All faults in an order that the seed decides. @param areOurs - false leaves the servers alone. */
export function planOf(
  counts: FaultCounts,
  random: SeededRandom,
  areOurs: boolean,
): PlannedFault[] {
  const kinds = Object.keys(counts) as PlannedFault[];
  const possible = kinds.filter(
    (kind) => areOurs || !(kind === 'brokerRestart' || kind === 'databaseStop'),
  );
  return random.shuffled(
    possible.flatMap((kind) => new Array<PlannedFault>(counts[kind]).fill(kind)),
  );
}

/**
 * Sends the movements in equal portions, and lets one fault come while each of them is worked on.
 *
 * @param options.landed - kills that must hit work; further ones follow the plan until so many did, a few at most.
 */
export async function runUnderFaults(
  scenario: Scenario,
  plan: readonly PlannedFault[],
  { records, landed }: { readonly records: number; readonly landed: number },
): Promise<void> {
  await scenario.addReadyMembers(MEMBERS);
  const portion = Math.floor(records / (plan.length + MOST_FURTHER_KILLS));
  const more = () => scenario.faults.kills.landed < landed;
  for (let at = 0; at < plan.length || (more() && at < plan.length + MOST_FURTHER_KILLS); at += 1) {
    const fault = plan[at] ?? 'kill';
    const pace = scenario.random.pick(PACES);
    const sending =
      pace === 'burst' ? scenario.source.send(portion) : sendSteadily(scenario, portion);
    await FAULTS[fault](scenario, pace);
    refill(scenario);
    await sending;
    await repeat(scenario, Math.round(portion * REPEATED));
    await untilBacklogIsBelow(scenario, portion * 2);
  }
  await scenario.source.send(records - scenario.ledger.size);
  refill(scenario);
  await Promise.all(scenario.living.map((member) => member.whenReady()));
}

/** In steps, so that work goes on for about a second, through commits and fetches. */
async function sendSteadily({ source }: Scenario, count: number): Promise<void> {
  const step = Math.ceil(count / STEPS);
  for (let rest = count; rest > 0; rest -= step) {
    await source.send(Math.min(step, rest));
    await pause(STEP_PAUSE_MS);
  }
}

type Fault = (scenario: Scenario, pace: Pace) => Promise<unknown>;

const FAULTS: Readonly<Record<PlannedFault, Fault>> = {
  kill,
  blackout: (scenario) => scenario.blackout(),
  rebalance,
  brokerRestart,
  databaseStop,
  freeze,
};

/** Some before the victim has committed anything, some after many commits. */
async function kill(scenario: Scenario, pace: Pace): Promise<void> {
  await scenario.kill({ afterMs: pace === 'burst' ? SOON : LATER });
}

async function rebalance(scenario: Scenario): Promise<void> {
  const { faults, ledger, random } = scenario;
  const [before] = scenario.living;
  const added = scenario.addMember();
  faults.add('member-added', ledger.size, added.name);
  await added.whenReady(PATIENCE_MS);
  if (before === undefined) return;
  await pause(random.between([0, 500]));
  const { code } = await before.stop('SIGTERM');
  faults.add('member-removed', ledger.size, `${before.name}, drained with ${code}`);
}

async function brokerRestart({ servers, faults, ledger, random }: Scenario): Promise<void> {
  const signal = random.pick(['SIGTERM', 'SIGKILL'] as const);
  const node = 1 + random.below(servers.brokerCount);
  const awayMs = random.between([200, 3_000]);
  faults.add('broker-stopped', ledger.size, `broker ${node} by ${signal}`);
  await servers.stopBroker(signal, node);
  await pause(awayMs);
  await servers.startBroker(node);
}

async function databaseStop({ servers, faults, ledger, random }: Scenario): Promise<void> {
  const signal = random.pick(['SIGTERM', 'SIGKILL'] as const);
  const awayMs = random.between([200, 4_000]);
  faults.add('database-stopped', ledger.size, `by ${signal}`);
  await servers.stopDatabase(signal);
  await pause(awayMs);
  await servers.startDatabase();
}

async function freeze(scenario: Scenario): Promise<void> {
  const { faults, ledger, random, workload } = scenario;
  const member = random.pick(scenario.living);
  const frozenMs = workload.sessionMs * random.between([1.1, 1.6]);
  faults.add('member-frozen', ledger.size, `${member.name} for ${Math.round(frozenMs)} ms`);
  member.send('SIGSTOP');
  await pause(frozenMs);
  member.send('SIGCONT');
}

/** A process that is killed is started again, as an orchestrator does. */
function refill(scenario: Scenario): void {
  while (scenario.living.length < MEMBERS) scenario.addMember();
}

async function repeat({ source, faults, ledger }: Scenario, count: number): Promise<void> {
  await source.repeat(count);
  faults.add('repeats-sent', ledger.size, `${count} movements`);
}

/** So that each fault meets work, and no backlog grows for the end. */
async function untilBacklogIsBelow(scenario: Scenario, records: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  const most = BigInt(records * scenario.workload.parts.length);
  while (performance.now() < deadline) {
    const lag = await scenario.lag().catch(() => null);
    if (lag !== null && lag < most) return;
    await pause(200);
  }
}

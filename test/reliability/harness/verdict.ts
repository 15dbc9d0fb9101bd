import { groupOf } from '../service/workload';
import type { Part } from '../service/workload';
import { accountName } from './movement-ledger';
import type { MovementLedger } from './movement-ledger';
import type { Observation } from './observation';

/** `ok` and everything was tried; `wrong` = an invariant is broken; `inconclusive` = the run proves nothing. */
export const VERDICT_CODES = ['ok', 'wrong', 'inconclusive'] as const;
export type VerdictCode = (typeof VERDICT_CODES)[number];

/** I1 to I9 of docs/delivery.md; all are looked at after every scenario. */
export const INVARIANTS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9'] as const;
export type Invariant = (typeof INVARIANTS)[number];

export interface Problem {
  readonly invariant: Invariant;
  readonly text: string;
}

/** What was seen of the processes and of time, beside what is stored. */
export interface Conduct {
  /** Whether lag came back to 0 in time, and after how long; unit ms. */
  readonly settled: { readonly ok: boolean; readonly afterMs: number };
  /** Commits that were lower than one before. */
  readonly commitRegressions: number;
  /** Members that ended by themselves, or live and are not ready. */
  readonly badMembers: readonly string[];
  /** Members whose drain ended with another code than 0, or left something open. */
  readonly badDrains: readonly string[];
  readonly maxResidentBytes: number;
  /** Places where the memo of a movement was found. */
  readonly leaks: readonly string[];
  readonly kills: { readonly planned: number; readonly landed: number };
  /** Dead letters that the scenario asked for by bad records; more of them are a finding. */
  readonly expectedDeadLetters: number;
  /** {@link committedPast} of moments in the middle, when nobody worked. */
  readonly committedPastBefore: number;
}

export interface Verdict {
  readonly code: VerdictCode;
  /** Movements with an acknowledgement. */
  readonly records: number;
  /** Acknowledged, and neither stored nor a dead letter. */
  readonly lost: number;
  /** Acknowledged records that the handler never saw; repeats of a movement count each. */
  readonly unhandled: number;
  /** Documents beyond the first of a movement. */
  readonly twice: number;
  /** Documents of movements that were refused, or of nobody. */
  readonly unexpected: number;
  /** Accounts whose stored version is not the last one that was produced. */
  readonly stale: number;
  readonly orderViolations: number;
  /** Records below a committed offset that have no durable outcome. */
  readonly committedPastUnwritten: number;
  readonly commitRegressions: number;
  /** Records that no group has committed, at the end; of all groups together. */
  readonly lag: number;
  readonly deadLetters: number;
  /** Records that the handler saw again. */
  readonly replays: number;
  readonly killsPlanned: number;
  readonly killsLanded: number;
  readonly settledAfterMs: number;
  readonly maxResidentMib: number;
  readonly problems: readonly Problem[];
  /** Why the run proves nothing; empty unless it is inconclusive. */
  readonly doubts: readonly string[];
}

/** A member of the workload stays well below; above it something piles up. */
const MAX_RESIDENT_BYTES = 640 * 1_024 * 1_024;
const MIB = 1_024 * 1_024;

export interface Evidence {
  readonly run: string;
  readonly parts: readonly Part[];
  readonly ledger: MovementLedger;
  readonly observation: Observation;
  readonly conduct: Conduct;
}

/** Judges a scenario by all nine invariants. */
export function verdictOf(evidence: Evidence): Verdict {
  const { ledger, conduct, observation } = evidence;
  const figures = {
    records: ledger.count('acked'),
    ...documentFigures(evidence),
    ...orderFigures(evidence),
    stale: staleAccounts(evidence),
    commitRegressions: conduct.commitRegressions,
    lag: lagOf(evidence),
    deadLetters: observation.deadLetters.length,
    killsPlanned: conduct.kills.planned,
    killsLanded: conduct.kills.landed,
    settledAfterMs: Math.round(conduct.settled.afterMs),
    maxResidentMib: Math.round(conduct.maxResidentBytes / MIB),
  };
  const committedPastUnwritten = committedPast(evidence) + conduct.committedPastBefore;
  const problems = problemsOf({ ...figures, committedPastUnwritten }, conduct);
  const doubts = doubtsOf(figures.records, conduct);
  const code = problems.length > 0 ? 'wrong' : doubts.length > 0 ? 'inconclusive' : 'ok';
  return { code, ...figures, committedPastUnwritten, problems, doubts };
}

type Figures = Omit<Verdict, 'code' | 'problems' | 'doubts'>;

function documentFigures({ ledger, observation, parts, run }: Evidence) {
  const { stored, foreignDocuments } = observation;
  const buried = buriedIds(observation, groupOf(run, 'movements'));
  const figures = { lost: 0, twice: 0, unexpected: foreignDocuments };
  if (!parts.includes('movements')) return figures;
  for (let index = 0; index < ledger.size; index += 1) {
    const copies = stored[index] ?? 0;
    const state = ledger.stateOf(index);
    if (copies > 1) figures.twice += copies - 1;
    if (state === 'acked' && copies === 0 && !buried.has(ledger.idOf(index))) figures.lost += 1;
    if ((state === 'failed' || state === 'unsent') && copies > 0) figures.unexpected += 1;
  }
  return figures;
}

function orderFigures({ observation, parts, run }: Evidence) {
  const { order, ends } = observation;
  if (!parts.includes('order')) return { unhandled: 0, orderViolations: 0, replays: 0 };
  const buried = buriedPositions(observation, groupOf(run, 'order'));
  let unhandled = 0;
  for (const [partition, end] of ends) {
    for (let offset = 0; offset < end; offset += 1) {
      if (!order.has(partition, offset) && !buried.has(`${partition}:${offset}`)) unhandled += 1;
    }
  }
  return { unhandled, orderViolations: order.violations, replays: order.repeats };
}

/** I4: lower than the last acknowledged one; an unknown one may be higher. */
function staleAccounts({ ledger, observation, parts, run }: Evidence): number {
  if (!parts.includes('balances')) return 0;
  const buried = buriedIds(observation, groupOf(run, 'balances'));
  if (buried.size > 0) return 0;
  let stale = 0;
  for (const [account, sequence] of ledger.highest('acked')) {
    if ((observation.balances.get(accountName(account)) ?? 0) < sequence) stale += 1;
  }
  return stale;
}

/** I3: records below a committed offset without a durable outcome. Exact only while nobody works. */
export function committedPast({
  ledger,
  observation,
  parts,
  run,
}: Omit<Evidence, 'conduct'>): number {
  let found = 0;
  const movements = observation.committed.get('movements');
  const buried = buriedIds(observation, groupOf(run, 'movements'));
  for (let index = 0; movements !== undefined && index < ledger.size; index += 1) {
    if (ledger.stateOf(index) !== 'acked' || (observation.stored[index] ?? 0) > 0) continue;
    const { partition, offset } = ledger.positionOf(index);
    const isPast = offset < (movements.get(partition) ?? 0n);
    if (isPast && !buried.has(ledger.idOf(index))) found += 1;
  }
  if (!parts.includes('order')) return found;
  const aside = buriedPositions(observation, groupOf(run, 'order'));
  for (const [partition, next] of observation.committed.get('order') ?? []) {
    for (let offset = 0; offset < next; offset += 1) {
      if (observation.order.has(partition, offset)) continue;
      if (!aside.has(`${partition}:${offset}`)) found += 1;
    }
  }
  return found;
}

function lagOf({ observation, parts }: Evidence): number {
  let lag = 0n;
  for (const part of parts) {
    const committed = observation.committed.get(part) ?? new Map<number, bigint>();
    for (const [partition, end] of observation.ends) lag += end - (committed.get(partition) ?? 0n);
  }
  return Number(lag);
}

const buriedIds = ({ deadLetters }: Observation, groupId: string) =>
  new Set(deadLetters.filter((one) => one.groupId === groupId).map(({ eventId }) => eventId));

const buriedPositions = ({ deadLetters }: Observation, groupId: string) =>
  new Set(
    deadLetters
      .filter((one) => one.groupId === groupId)
      .map(({ partition, offset }) => `${partition}:${offset}`),
  );

function problemsOf(figures: Figures, conduct: Conduct): Problem[] {
  const checks: ReadonlyArray<readonly [Invariant, number, string]> = [
    ['I1', figures.lost, 'acknowledged movements are lost'],
    ['I1', figures.unhandled, 'acknowledged records were never handled'],
    ['I1', excess(figures, conduct), 'good movements were set aside as dead letters'],
    ['I2', figures.twice, 'documents are stored twice'],
    ['I2', figures.unexpected, 'documents are of nobody'],
    ['I3', figures.committedPastUnwritten, 'records below a commit have no outcome'],
    ['I3', figures.commitRegressions, 'commits moved backwards'],
    ['I4', figures.stale, 'accounts hold an older version than the last one'],
    ['I4', figures.orderViolations, 'records were handled after later ones of their key'],
    ['I5', conduct.settled.ok ? 0 : figures.lag, 'records of lag did not go away'],
    ['I6', conduct.badMembers.length, `members ended or hang: ${conduct.badMembers.join(', ')}`],
    ['I7', conduct.badDrains.length, `drains were not clean: ${conduct.badDrains.join(', ')}`],
    ['I8', conduct.maxResidentBytes > MAX_RESIDENT_BYTES ? figures.maxResidentMib : 0, 'MiB used'],
    ['I9', conduct.leaks.length, `places hold the memo: ${conduct.leaks.join(', ')}`],
  ];
  return checks
    .filter(([, count]) => count > 0)
    .map(([invariant, count, text]) => ({ invariant, text: `${count} ${text}` }));
}

const excess = ({ deadLetters }: Figures, { expectedDeadLetters }: Conduct) =>
  Math.max(0, deadLetters - expectedDeadLetters);

function doubtsOf(records: number, { kills }: Conduct): string[] {
  const doubts: string[] = [];
  if (records === 0) doubts.push('nothing was acknowledged');
  if (kills.landed * 3 < kills.planned) {
    doubts.push(`only ${kills.landed} of ${kills.planned} kills landed on work`);
  }
  return doubts;
}

import type { HealthState } from 'millrace/health';
import type { ClosedGate } from './gates/gates';
import type { GroupStatus } from './lanes/group.status';

/** A group as readiness sees it. */
export interface GroupHealth extends GroupStatus {
  readonly lineStopped: boolean;
  /** Partitions that wait for a person because of what is in them. */
  readonly heldPartitions: number;
  /** Code of an error of configuration or permission; null = none. */
  readonly fatalCode: string | null;
}

/** A gate closed for longer, or a rebalance that lasts longer, makes readiness fail; unit ms. */
const GATE_PATIENCE_MS = 5_000;
const REBALANCE_PATIENCE_MS = 60_000;

/**
 * Says whether records can flow, from memory.
 *
 * Paused by an operator or idle without partitions is ready; waiting for a person is not.
 */
export function pipelineHealth(
  groups: readonly GroupHealth[],
  gates: readonly ClosedGate[],
): HealthState {
  const hasBlockedGate = gates.some(({ closedForMs }) => closedForMs > GATE_PATIENCE_MS);
  const isReady = groups.every(isGroupReady) && !hasBlockedGate;
  return { status: isReady ? 'up' : 'down', groups, gates };
}

function isGroupReady(group: GroupHealth): boolean {
  if (group.lostPartitions > 0 || group.heldPartitions > 0) return false;
  if (group.lineStopped || group.fatalCode !== null) return false;
  if (group.state === 'rebalancing') return group.forMs < REBALANCE_PATIENCE_MS;
  return group.state === 'assigned';
}

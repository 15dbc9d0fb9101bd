import type { Pause, PauseTarget } from 'millrace/pipeline';
import type { KnownGroup } from './group.catalog';
import type { PauseView } from './group.views';

/** True when both name exactly the same. */
export function samePause(one: PauseTarget, two: PauseTarget): boolean {
  return one.groupId === two.groupId && one.topic === two.topic && one.partition === two.partition;
}

/** Counts the living processes of the group, and those that have applied the pause. */
export function withProcesses(pause: Pause, group: KnownGroup | undefined): PauseView {
  const living = (group?.processes ?? []).filter(({ isAlive }) => isAlive);
  const applied = living.filter(({ pauses }) => pauses.some((known) => samePause(known, pause)));
  return { ...pause, processes: living.length, applied: applied.length };
}

import type {
  Actor,
  AdminPort,
  Audit,
  AuditLog,
  ControlState,
  ControlStore,
  PauseTarget,
  Subscription,
} from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { auditOf } from '../actor';
import { ReplayTargetInvalidError } from '../replays/replay.errors';
import { ControlTargets } from './control.target';
import type { KnownGroup } from './group.catalog';
import { GroupCatalog, topicsOf } from './group.catalog';
import { LagReader } from './group.lag';
import type { GroupLagView, GroupView, MovePreview, MoveTarget, PauseView } from './group.views';
import { Moves } from './moves';
import { samePause, withProcesses } from './pause.views';
import type { RangeReader } from './record.times';
import { RecordTimes } from './record.times';

export interface GroupsParts {
  readonly admin: () => AdminPort;
  readonly reader: () => RangeReader;
  readonly controls: ControlStore;
  readonly audit: Pick<AuditLog, 'append'>;
  /** Readers of this process; default: those that other processes tell of. */
  readonly subscriptions?: () => readonly Subscription[];
  readonly clock: Clock;
}

/**
 * What operators see of consumer groups, and how they steer them.
 *
 * Promises: what is wanted is audited before it is done, and holds in every process of the service;
 * offsets of a group with members are never moved.
 */
export class Groups {
  private readonly catalog: GroupCatalog;
  private readonly targets: ControlTargets;
  private readonly lags: LagReader;
  private readonly moves: Moves;

  constructor(private readonly parts: GroupsParts) {
    const { controls, subscriptions, clock } = parts;
    const admin = parts.admin();
    this.catalog = new GroupCatalog({ controls, subscriptions, clock });
    this.targets = new ControlTargets(this.catalog, admin);
    this.lags = new LagReader({ admin, times: new RecordTimes(parts.reader), clock });
    this.moves = new Moves(admin);
  }

  /** Groups that processes have told of in the last day. */
  async list(): Promise<readonly string[]> {
    return [...(await this.catalog.groups()).keys()];
  }

  /**
   * How far groups are behind, also while nothing consumes.
   *
   * @param groupIds - default: all of {@link list}.
   * @throws {ControlTargetInvalidError} CONTROL_TARGET_INVALID for a group that is not there.
   */
  async lag(groupIds?: readonly string[]): Promise<readonly GroupLagView[]> {
    const groups = await this.wanted(groupIds);
    return Promise.all(groups.map((group) => this.lags.lagOf(group.groupId, topicsOf(group))));
  }

  /** What groups read, who has them, and what is wanted of them; refuses as {@link lag} does. */
  async describe(groupIds?: readonly string[]): Promise<readonly GroupView[]> {
    const groups = await this.wanted(groupIds);
    const state = await this.parts.controls.read();
    const admin = this.parts.admin();
    return Promise.all(
      groups.map(async (group) => {
        const { state: word, members } = await admin.describeGroup(group.groupId);
        return viewOf(group, { state: word, members }, state);
      }),
    );
  }

  /** Every pause that is wanted, with how many of the living processes have applied it. */
  async pauses(): Promise<readonly PauseView[]> {
    const [{ pauses }, groups] = await Promise.all([
      this.parts.controls.read(),
      this.catalog.groups(),
    ]);
    return pauses.map((pause) => withProcesses(pause, groups.get(pause.groupId)));
  }

  /**
   * Pauses a group, one of its topics or a partition; the members stay, readiness stays.
   *
   * @throws {ControlTargetInvalidError} CONTROL_TARGET_INVALID, naming what there is.
   * @throws {ControlReasonMissingError} CONTROL_REASON_MISSING without a name or a reason.
   */
  async pause(target: PauseTarget, actor: Actor): Promise<void> {
    const audit = auditOf(actor, this.parts.clock);
    await this.targets.check(target);
    await this.note('pause', target, audit);
    await this.parts.controls.pause(target, audit);
  }

  /** Takes away the pause of exactly this target; refuses as {@link pause} does. @returns false when there was none. */
  async resume(target: PauseTarget, actor: Actor): Promise<boolean> {
    const audit = auditOf(actor, this.parts.clock);
    const { pauses } = await this.parts.controls.read();
    // A pause can be taken back when its group is gone.
    if (!pauses.some((pause) => samePause(pause, target))) {
      await this.targets.check(target);
      return false;
    }
    await this.note('resume', target, audit);
    return this.parts.controls.resume(target, audit);
  }

  /** Lets a group go on that has stopped itself; refuses as {@link pause} does. @returns false when it had not. */
  async resumeLine(groupId: string, actor: Actor): Promise<boolean> {
    const audit = auditOf(actor, this.parts.clock);
    const { stops } = await this.parts.controls.read();
    if (!stops.some((stop) => stop.groupId === groupId)) {
      await this.targets.check({ groupId });
      return false;
    }
    await this.note('line.resume', { groupId }, audit);
    return this.parts.controls.restart(groupId, audit);
  }

  /**
   * What {@link moveOffsets} would do; also while the group has members.
   *
   * @throws {ReplayTargetInvalidError} REPLAY_TARGET_INVALID for a group, topic or partition that is not there.
   * @throws {ReplayWindowInvalidError} REPLAY_WINDOW_INVALID for an offset that is not in the log.
   */
  async previewMove(
    groupId: string,
    topic: string,
    to: MoveTarget,
  ): Promise<readonly MovePreview[]> {
    await this.checkMove(groupId, topic);
    return this.moves.preview(groupId, topic, to);
  }

  /**
   * Moves the offsets of a group whose processes are all stopped; refuses as {@link previewMove} does.
   *
   * @throws {ReplayGroupActiveError} REPLAY_GROUP_ACTIVE while the group has members.
   */
  async moveOffsets(
    groupId: string,
    topic: string,
    to: MoveTarget,
    actor: Actor,
  ): Promise<readonly MovePreview[]> {
    const audit = auditOf(actor, this.parts.clock);
    const moves = await this.previewMove(groupId, topic, to);
    await this.moves.refuseWithMembers(groupId);
    const detail = moves.map(({ partition, now, to: next }) => ({
      partition,
      now: now?.toString() ?? null,
      to: next.toString(),
    }));
    await this.note('group.move', { groupId, topic }, audit, { partitions: detail });
    await this.moves.move(groupId, moves);
    return moves;
  }

  private async wanted(groupIds?: readonly string[]): Promise<readonly KnownGroup[]> {
    if (groupIds === undefined) return [...(await this.catalog.groups()).values()];
    return Promise.all(groupIds.map((groupId) => this.targets.group(groupId)));
  }

  private async checkMove(groupId: string, topic: string): Promise<void> {
    const { readers } = await this.targets.check({ groupId, topic }).catch((error: unknown) => {
      const isRefusal = error instanceof Error && 'code' in error;
      if (!isRefusal || error.code !== 'CONTROL_TARGET_INVALID') throw error;
      throw new ReplayTargetInvalidError({ message: error.message });
    });
    const owner = readers.find((reader) => reader.topic === topic && reader.ownOffsets === true);
    if (owner === undefined) return;
    throw new ReplayTargetInvalidError({
      message: `${owner.name} of group "${groupId}" stores its position with its data (offsets: 'transaction'): moving the group would change nothing`,
      likelyCause: 'the sink goes on from the position in the database',
      fix: 'replay with a shadow group',
    });
  }

  private async note(
    action: string,
    target: PauseTarget,
    { at, by, reason }: Audit,
    detail?: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const entry = { at, by, reason, action, target: { ...target } };
    await this.parts.audit.append(detail === undefined ? entry : { ...entry, detail });
  }
}

function viewOf(
  group: KnownGroup,
  { state, members }: Pick<GroupView, 'state' | 'members'>,
  { pauses, stops }: ControlState,
): GroupView {
  const { groupId } = group;
  return {
    ...group,
    state,
    members,
    pauses: pauses
      .filter((pause) => pause.groupId === groupId)
      .map((pause) => withProcesses(pause, group)),
    stoppedLine: stops.find((stop) => stop.groupId === groupId) ?? null,
  };
}

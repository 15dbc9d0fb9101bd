import { Logger } from '@nestjs/common';
import { sleep } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import type {
  Audit,
  ControlState,
  ControlStore,
  Pause,
  PauseTarget,
  StoppedLine,
} from '../ports/control-store';
import type { TopicPartition } from '../ports/record';
import type { Reporter } from './reporter';
import type { StopTheLine } from './stop-the-line';
import { ControlTargetInvalidError } from './supervision.errors';

/** Who does something, and why. */
export interface Actor {
  readonly by: string;
  readonly reason: string;
}

/** A group as far as persons control it. */
export interface ControlledGroup {
  readonly groupId: string;
  readonly line: Pick<StopTheLine, 'isStopped' | 'stop' | 'resume'>;
  applyPauses(): void;
}

export interface ControlParts {
  readonly store: ControlStore | undefined;
  /** How often the store is read; unit ms. */
  readonly pollMs: number;
  readonly serviceVersion: string;
  readonly clock: Clock;
  readonly groups: () => readonly ControlledGroup[];
  /** Tells operators what is; default: nobody does. */
  readonly reporter?: Pick<Reporter, 'report' | 'withdraw'> | undefined;
}

/** How long groups wait with their join for the first answer of the store; unit ms. */
const FIRST_READ_MS = 5_000;

/**
 * Keeps what operators want, and applies it to the groups of this process.
 *
 * Promises: with a store a pause survives rebalances, restarts and holds in every process of the
 * service within `pollMs`; without one it survives rebalances. While the store is away the last
 * known state stays. Each action is one log line with who and why.
 */
export class Control {
  private readonly logger = new Logger('Control');
  private pauses = new Map<string, Pause>();
  /** Stops of this process that the store does not have yet. */
  private readonly unsaved = new Map<string, StoppedLine>();
  /** Groups whose stop the store has: when it goes from there, somebody resumed it. */
  private readonly saved = new Set<string>();
  /** Rises with every change from here: what was read before it is old. */
  private revision = 0;
  private isStoreAway = false;
  private first: Promise<void> | null = null;
  private saving: Promise<void> = Promise.resolve();
  private isEnded = false;
  private cancelTimer: (() => void) | null = null;

  constructor(private readonly parts: ControlParts) {}

  /** Reads the store, waits for it a moment, and goes on reading it; never rejects. */
  async start(): Promise<void> {
    const { store, clock } = this.parts;
    if (store === undefined) return;
    this.first ??= this.poll(store);
    const patience = new AbortController();
    const given = sleep(clock, FIRST_READ_MS, patience.signal).catch(() => undefined);
    await Promise.race([this.first, given]);
    patience.abort();
  }

  /** Never rejects. */
  async stop(): Promise<void> {
    this.isEnded = true;
    this.cancelTimer?.();
    this.cancelTimer = null;
    await this.parts.reporter?.withdraw();
  }

  isPaused(groupId: string, target: TopicPartition): boolean {
    for (const pause of this.pauses.values()) {
      if (pause.groupId === groupId && covers(pause, target)) return true;
    }
    return false;
  }

  /** @throws {ControlTargetInvalidError} CONTROL_TARGET_INVALID for a target that cannot be. */
  async pause(target: PauseTarget, actor: Actor): Promise<void> {
    this.check(target);
    const audit = this.auditOf(actor);
    await this.parts.store?.pause(target, audit);
    this.revision += 1;
    this.pauses.set(keyOf(target), { ...target, audit });
    this.say('paused', describe(target), actor);
    this.applyAll();
  }

  /** @returns false when exactly this target was not paused. */
  async resume(target: PauseTarget, actor: Actor): Promise<boolean> {
    this.check(target);
    const isStored = (await this.parts.store?.resume(target, this.auditOf(actor))) ?? false;
    this.revision += 1;
    const isKnown = this.pauses.delete(keyOf(target));
    if (!isStored && !isKnown) return false;
    this.say('resumed', describe(target), actor);
    this.applyAll();
    return true;
  }

  /** Lets a group that has stopped itself go on. @returns false when it was not stopped. */
  async resumeLine(groupId: string, actor: Actor): Promise<boolean> {
    this.check({ groupId });
    // A stop on its way to the store would arrive after this.
    await this.saving;
    const isStored = (await this.parts.store?.restart(groupId, this.auditOf(actor))) ?? false;
    this.revision += 1;
    this.unsaved.delete(groupId);
    this.saved.delete(groupId);
    const isResumed = this.find(groupId)?.line.resume() ?? false;
    if (!isStored && !isResumed) return false;
    this.say('resumed', `the stopped line of group "${groupId}"`, actor);
    return true;
  }

  /** Keeps it that a group has stopped itself, as soon as the store takes it. */
  lineStopped(groupId: string, causes: StoppedLine['causes']): void {
    const { store, serviceVersion, clock } = this.parts;
    if (store === undefined) return;
    this.unsaved.set(groupId, { groupId, serviceVersion, at: new Date(clock.now()), causes });
    this.saving = this.save(store);
  }

  private async poll(store: ControlStore): Promise<void> {
    await this.saving;
    this.saving = this.save(store);
    await this.saving;
    const { revision } = this;
    try {
      const state = await store.read();
      this.sayStore(false);
      if (revision === this.revision && !this.isEnded) this.take(state);
    } catch (error) {
      this.sayStore(true, error);
    }
    if (this.isEnded) return;
    this.parts.reporter?.report([...this.pauses.values()].map(targetOf));
    this.cancelTimer = this.parts.clock.setTimer(() => void this.poll(store), this.parts.pollMs);
  }

  private async save(store: ControlStore): Promise<void> {
    for (const [groupId, line] of this.unsaved) {
      try {
        await store.stop(line);
      } catch (error) {
        this.sayStore(true, error);
        return;
      }
      this.revision += 1;
      if (this.unsaved.get(groupId) !== line) continue;
      this.unsaved.delete(groupId);
      this.saved.add(groupId);
    }
  }

  private take(state: ControlState): void {
    const wanted = new Map(state.pauses.map((pause) => [keyOf(pause), pause]));
    for (const [key, pause] of wanted) {
      if (!this.pauses.has(key)) this.say('paused', describe(pause), pause.audit);
    }
    for (const [key, pause] of this.pauses) {
      if (!wanted.has(key)) this.say('resumed', describe(pause), null);
    }
    this.pauses = wanted;
    for (const group of this.parts.groups()) this.takeStop(group, state.stops);
    this.applyAll();
  }

  private takeStop({ groupId, line }: ControlledGroup, stops: readonly StoppedLine[]): void {
    const { serviceVersion } = this.parts;
    const stop = stops.find(
      (known) => known.groupId === groupId && known.serviceVersion === serviceVersion,
    );
    if (stop !== undefined) {
      this.saved.add(groupId);
      if (line.isStopped) return;
      line.stop();
      const causes = stop.causes.map(({ code, count }) => `${code} (${count})`).join(', ');
      this.logger.error(
        { event: 'pipeline.line_stopped', group: groupId, causes: stop.causes },
        `group "${groupId}" stays stopped since ${stop.at.toISOString()}: ${causes}`,
      );
    } else if (this.saved.delete(groupId) && line.isStopped) {
      line.resume();
      this.say('resumed', `the stopped line of group "${groupId}"`, null);
    }
  }

  private applyAll(): void {
    for (const group of this.parts.groups()) group.applyPauses();
  }

  private find(groupId: string): ControlledGroup | undefined {
    return this.parts.groups().find((group) => group.groupId === groupId);
  }

  private check({ groupId, topic, partition }: PauseTarget): void {
    if (partition !== undefined && topic === undefined) {
      throw new ControlTargetInvalidError({ message: 'a partition needs its topic' });
    }
    // With a store the group may be one of another service.
    if (this.parts.store === undefined && this.find(groupId) === undefined) {
      throw new ControlTargetInvalidError({ message: `no group "${groupId}" in this service` });
    }
  }

  private auditOf({ by, reason }: Actor): Audit {
    return { by, reason, at: new Date(this.parts.clock.now()) };
  }

  /** @param actor - null = another process, which has told who. */
  private say(what: 'paused' | 'resumed', target: string, actor: Actor | null): void {
    const who = actor === null ? 'through the control store' : `by ${actor.by}: ${actor.reason}`;
    this.logger.log(
      { event: `pipeline.${what}`, target, by: actor?.by, reason: actor?.reason },
      `${target} ${what} ${who}`,
    );
  }

  private sayStore(isAway: boolean, error?: unknown): void {
    if (isAway === this.isStoreAway) return;
    this.isStoreAway = isAway;
    const why = error instanceof Error ? error.message : String(error);
    if (isAway)
      this.logger.warn(
        { event: 'control.away', error: why },
        `the control store is away, the last known state stays: ${why}`,
      );
    else this.logger.log({ event: 'control.back' }, 'the control store answers again');
  }
}

function targetOf({ groupId, topic, partition }: PauseTarget): PauseTarget {
  return {
    groupId,
    ...(topic === undefined ? {} : { topic }),
    ...(partition === undefined ? {} : { partition }),
  };
}

function keyOf({ groupId, topic, partition }: PauseTarget): string {
  return JSON.stringify([groupId, topic ?? null, partition ?? null]);
}

function covers(pause: PauseTarget, { topic, partition }: TopicPartition): boolean {
  return (
    (pause.topic === undefined || pause.topic === topic) &&
    (pause.partition === undefined || pause.partition === partition)
  );
}

function describe({ groupId, topic, partition }: PauseTarget): string {
  if (topic === undefined) return `group "${groupId}"`;
  const what = partition === undefined ? `topic ${topic}` : `${topic}/${partition}`;
  return `${what} of group "${groupId}"`;
}

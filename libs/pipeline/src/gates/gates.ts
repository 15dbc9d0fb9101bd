import type { Clock, Random } from 'millrace/retry';
import type { Dependency } from '../ports/dependency';
import type { GateState } from './dependency-gate';
import { DependencyGate } from './dependency-gate';

/** A gate that keeps readiness false. */
export interface ClosedGate {
  readonly dependency: string;
  readonly closedForMs: number;
  readonly code: string;
}

/** Keeps one {@link DependencyGate} per dependency of the process. */
export class Gates {
  private readonly byName = new Map<string, DependencyGate>();

  constructor(
    private readonly dependencies: ReadonlyMap<string, Dependency>,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly onChange: (dependency: string, state: GateState) => void,
  ) {}

  /** @returns undefined for a dependency that nobody registered: it cannot be probed. */
  find(name: string): DependencyGate | undefined {
    const known = this.byName.get(name);
    const dependency = this.dependencies.get(name);
    if (known !== undefined || dependency === undefined) return known;
    const gate = new DependencyGate({
      name,
      probe: () => dependency.probe(),
      clock: this.clock,
      random: this.random,
      onChange: (state) => this.onChange(name, state),
    });
    this.byName.set(name, gate);
    return gate;
  }

  get closed(): readonly ClosedGate[] {
    return [...this.byName.values()].flatMap(({ name, closedForMs, reason }) =>
      closedForMs === null
        ? []
        : [{ dependency: name, closedForMs, code: reason?.code ?? 'UNKNOWN' }],
    );
  }

  dispose(): void {
    for (const gate of this.byName.values()) gate.dispose();
  }
}

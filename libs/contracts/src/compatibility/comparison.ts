import { isSchemaObject, lookUp } from '../schemas/structure';
import type { JsonSchema } from '../schemas/structure';
import { alternativesOf, isImpossible, piecesOf, typesOf, valuesOf } from './alternatives';
import type { Alternative } from './alternatives';
import { arrayBreaks } from './array.rules';
import type { Break } from './break';
import { broken, cannotTell, unique } from './break';
import { areApart } from './disjoint';
import { isSameUnion, lostKeywords, unknownBreaks } from './unknown.rules';
import { objectBreaks } from './object.rules';
import { scalarBreaks } from './scalar.rules';

/** Steps after which a comparison gives up; real contracts need some hundred. */
const MAX_STEPS = 20_000;
const MAX_DEPTH = 100;

/**
 * Finds what a writer's schema allows and a reader's does not.
 *
 * Promise: without a finding every value that is valid for the writer is valid for the reader.
 */
export class Comparison {
  private steps = 0;
  private depth = 0;
  private readonly ids = new Map<unknown, number>();
  private readonly open = new Set<string>();

  constructor(
    private readonly writer: unknown,
    private readonly reader: unknown,
  ) {}

  /** @param sources - schemas of the writer that a value satisfies at once. */
  compare(sources: readonly unknown[], target: unknown, path: string): readonly Break[] {
    if (target === true) return [];
    this.steps += 1;
    if (this.steps > MAX_STEPS || this.depth > MAX_DEPTH) return cannotTell(path, 'it is too big');
    // A pair that is being compared further up: a value that breaks it would break it there first.
    const pair = this.pairOf(sources, target);
    if (this.open.has(pair)) return [];
    this.open.add(pair);
    this.depth += 1;
    try {
      return this.compareAlternatives(sources, target, path);
    } finally {
      this.depth -= 1;
      this.open.delete(pair);
    }
  }

  /** The same for one alternative of the writer. */
  check(source: Alternative, target: unknown, path: string): readonly Break[] {
    if (target === true || isImpossible(source)) return [];
    if (!isSchemaObject(target)) return broken(path, 'type', 'nothing is accepted there any more');
    this.steps += 1;
    if (this.steps > MAX_STEPS) return cannotTell(path, 'it is too big');
    const values = valuesOf(source);
    if (values !== null && values.length > 1 && values.some(isStructure)) {
      return unique(piecesOf(source).flatMap((piece) => this.check(piece, target, path)));
    }
    return [
      ...this.checkReference(source, target, path),
      ...scalarBreaks(source, target, path),
      ...objectBreaks(this, source, target, path),
      ...arrayBreaks(this, source, target, path),
      ...this.checkCombinations(source, target, path),
      ...unknownBreaks(source, target, path),
    ];
  }

  private compareAlternatives(sources: readonly unknown[], target: unknown, path: string) {
    const alternatives = alternativesOf(sources, this.writer);
    if (alternatives === null) return cannotTell(path, 'it has too many combinations');
    const rest = withoutSameUnion(sources, target);
    const found = alternatives.flatMap((source) => this.check(source, rest, path));
    return unique([...found, ...lostKeywords(alternatives.flat(), target, this.reader, path)]);
  }

  private checkReference(source: Alternative, { $ref }: JsonSchema, path: string) {
    if (typeof $ref !== 'string') return [];
    const target = lookUp(this.reader, $ref);
    if (target === undefined) return cannotTell(path, `"${$ref}" leads out of the schema`);
    return this.compare(source, target, path);
  }

  private checkCombinations(source: Alternative, target: JsonSchema, path: string) {
    const { allOf = [], anyOf, oneOf } = target;
    const found = (allOf as readonly unknown[]).flatMap((part) => this.compare(source, part, path));
    if (Array.isArray(anyOf)) found.push(...this.checkUnion(source, anyOf, path));
    if (!Array.isArray(oneOf)) return found;
    if (areApart(oneOf, this.reader)) return [...found, ...this.checkUnion(source, oneOf, path)];
    return [...found, ...cannotTell(path, 'the branches of "oneOf" may overlap')];
  }

  private checkUnion(source: Alternative, branches: readonly unknown[], path: string) {
    const whole = this.bestBranch(source, branches, path);
    if (whole.length === 0) return [];
    const pieces = piecesOf(source);
    if (pieces.length < 2) return whole;
    return unique(pieces.flatMap((piece) => this.bestBranch(piece, branches, path)));
  }

  /** What is wrong with the branch that fits best; of one that cannot be meant, that none fits. */
  private bestBranch(source: Alternative, branches: readonly unknown[], path: string) {
    let best: readonly Break[] | null = null;
    for (const branch of branches) {
      const found = this.compare(source, branch, path);
      if (found.length === 0) return [];
      const isMeant = !found.some((each) => each.path === path && each.reason === 'type');
      if (isMeant && (best === null || found.length < best.length)) best = found;
    }
    const types = [...typesOf(source)].join(' or ');
    return best ?? broken(path, 'union', `no branch accepts what was ${types}`);
  }

  private pairOf(sources: readonly unknown[], target: unknown): string {
    return [...sources, target].map((schema) => this.idOf(schema)).join(' ');
  }

  private idOf(schema: unknown): number {
    const known = this.ids.get(schema);
    if (known !== undefined) return known;
    this.ids.set(schema, this.ids.size);
    return this.ids.size - 1;
  }
}

const isStructure = (value: unknown) => typeof value === 'object' && value !== null;

/** A union of the reader that the writer has too, word for word, needs no second look. */
function withoutSameUnion(sources: readonly unknown[], target: unknown): unknown {
  if (!isSchemaObject(target) || !sources.some((source) => isSameUnion(source, target))) {
    return target;
  }
  const { oneOf, ...rest } = target;
  void oneOf;
  return rest;
}

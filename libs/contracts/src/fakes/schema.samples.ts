/* Random schemas, random changes of them, and random values; from a seed, so that a failure comes again. */

type Json = Record<string, unknown>;

const FIELDS = ['a', 'b', 'c', 'xy'] as const;
const TEXTS = ['', 'a', 'ab', 'abc', 'x1', 'b'] as const;
const PATTERNS = ['^a', '^[a-c]*$', 'b'] as const;

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Numbers from 0 to 1; see mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Makes schemas of 2020-12 with every keyword that the comparison has a rule for. */
export class SchemaSamples {
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  /** A document with two definitions that may refer to each other through a field. */
  document(): Json {
    const body = this.schema(3);
    const definitions = {
      one: this.schema(1),
      two: { type: 'object', properties: { a: REF_ONE } },
    };
    return { ...(isJson(body) ? body : { type: 'object' }), $defs: definitions };
  }

  /** Changes it in one to three places. */
  changed(document: Json): Json {
    let changed: unknown = JSON.parse(JSON.stringify(document));
    for (let count = 1 + this.below(3); count > 0; count -= 1) changed = this.change(changed, 3);
    return isJson(changed) ? { ...changed, $defs: document['$defs'] } : document;
  }

  /** A value that the schema may or may not accept, most often it does. */
  value(schema: unknown, root: Json, depth = 4): unknown {
    if (!isJson(schema) || depth === 0 || this.chance(0.05)) return this.anything(depth);
    if ('const' in schema) return schema['const'];
    const { enum: listed, anyOf, oneOf, allOf, $ref: reference } = schema;
    if (Array.isArray(listed)) return this.one(listed);
    if (typeof reference === 'string') {
      const definitions = root['$defs'] as Json;
      return this.value(definitions[reference.slice('#/$defs/'.length)], root, depth);
    }
    if (Array.isArray(allOf)) {
      const merged = allOf.filter(isJson).reduce<Json>(merge, schema);
      return this.value({ ...merged, allOf: undefined }, root, depth);
    }
    const union = anyOf ?? oneOf;
    if (Array.isArray(union)) return this.value(this.one(union), root, depth);
    return this.typed(schema, root, depth);
  }

  private typed(schema: Json, root: Json, depth: number): unknown {
    switch (this.one([schema['type'] ?? 'object'].flat())) {
      case 'null':
        return null;
      case 'boolean':
        return this.chance(0.5);
      case 'integer':
        return this.below(9) - 2;
      case 'number':
        return (this.below(40) - 8) / 4;
      case 'string':
        return this.one(TEXTS);
      case 'array':
        return this.list(schema, root, depth);
      default:
        return this.object(schema, root, depth);
    }
  }

  private list({ prefixItems = [], items }: Json, root: Json, depth: number): unknown {
    const first = prefixItems as unknown[];
    const count = items === false ? first.length : this.below(4);
    return Array.from({ length: count }, (_, index) =>
      this.value(first[index] ?? items, root, depth - 1),
    );
  }

  private object(schema: Json, root: Json, depth: number): unknown {
    const { properties = {}, required = [], additionalProperties, patternProperties } = schema;
    const known = properties as Json;
    const names = Object.keys(known).filter(
      (name) => (required as unknown[]).includes(name) || this.chance(0.6),
    );
    const value = Object.fromEntries(
      names.map((name) => [name, this.value(known[name], root, depth - 1)]),
    );
    const others = isJson(patternProperties)
      ? Object.values(patternProperties)[0]
      : additionalProperties;
    if (additionalProperties !== false && this.chance(0.4)) {
      value[this.one(FIELDS)] ??= this.value(others, root, depth - 1);
    }
    return value;
  }

  private anything(depth: number): unknown {
    const simple = [null, true, 0, 1, 2.5, -1, 'a', 'abc', ''];
    if (depth < 2) return this.one(simple);
    return this.one([...simple, [], [1, 'a'], {}, { a: 1 }, { b: 'x', c: null }]);
  }

  private schema(depth: number): unknown {
    if (this.chance(0.06)) return this.one([true, false, {}]);
    const makers = [
      () => this.text(),
      () => this.number(),
      () => ({ type: this.one(['boolean', 'null', ['string', 'null'], ['integer', 'string']]) }),
      () => ({ enum: this.some(['a', 'b', 1, 2, null, true, [1], { a: 1 }]) }),
      () => ({ const: this.one(['a', 1, null, { a: 1 }]) }),
    ];
    if (depth === 0) return this.one(makers)();
    const nested = [
      () => this.objectSchema(depth),
      () => this.objectSchema(depth),
      () => this.objectSchema(depth),
      () => this.arraySchema(depth),
      () => ({ anyOf: [this.schema(depth - 1), this.schema(depth - 1)] }),
      () => ({ oneOf: [this.schema(depth - 1), this.schema(depth - 1)] }),
      () => ({ allOf: [this.schema(depth - 1), this.schema(depth - 1)] }),
      () => ({ $ref: this.one(['#/$defs/one', '#/$defs/two']) }),
      () => ({ not: this.schema(0) }),
    ];
    return this.one([...makers, ...nested])();
  }

  private text(): Json {
    return this.sparse({
      type: 'string',
      minLength: this.below(3),
      maxLength: 1 + this.below(3),
      pattern: this.one(PATTERNS),
    });
  }

  private number(): Json {
    return this.sparse({
      type: this.one(['number', 'integer']),
      [this.one(['minimum', 'exclusiveMinimum'])]: this.below(4) - 2,
      [this.one(['maximum', 'exclusiveMaximum'])]: 2 + this.below(5),
      multipleOf: this.one([1, 2, 4, 0.5]),
    });
  }

  private arraySchema(depth: number): Json {
    return this.sparse({
      type: 'array',
      items: this.schema(depth - 1),
      prefixItems: [this.schema(depth - 1), this.schema(depth - 1)],
      minItems: this.below(3),
      maxItems: 1 + this.below(3),
      uniqueItems: this.chance(0.5),
    });
  }

  private objectSchema(depth: number): Json {
    const names = this.some(FIELDS);
    const entries = names.map((name) => [name, this.schema(depth - 1)]);
    const kinds = [false, false, true, this.schema(depth - 1)];
    const optional = this.sparse({
      required: this.some(FIELDS).filter((name) => names.includes(name) || this.chance(0.2)),
      additionalProperties: this.one(kinds),
      ...(this.chance(0.3) ? { patternProperties: { '^x': this.schema(depth - 1) } } : {}),
      ...(this.chance(0.3) ? { propertyNames: { pattern: this.one(['^[a-c]', '^[abcx]']) } } : {}),
      ...(this.chance(0.3) ? { minProperties: this.below(2) } : {}),
      ...(this.chance(0.3) ? { maxProperties: 1 + this.below(3) } : {}),
    });
    return { type: 'object', properties: Object.fromEntries(entries) as Json, ...optional };
  }

  private change(schema: unknown, depth: number): unknown {
    if (!isJson(schema) || depth === 0 || this.chance(0.1)) return this.schema(1);
    const copy: Json = { ...schema };
    const keyword = this.one(Object.keys(copy).filter((name) => name !== '$defs'));
    const value = copy[keyword];
    if (this.chance(0.25)) return this.extended(copy);
    if (this.chance(0.15)) delete copy[keyword];
    else if (keyword === 'properties' && isJson(value)) copy[keyword] = this.changeFields(value);
    else if (typeof value === 'number') copy[keyword] = Math.max(value + this.one([-1, 1]), 1);
    else if (Array.isArray(value)) copy[keyword] = this.changeList(value, depth);
    else if (isJson(value)) copy[keyword] = this.change(value, depth - 1);
    return copy;
  }

  /** With one more keyword, or a union of the other kind. */
  private extended(schema: Json): Json {
    const { anyOf, oneOf, ...rest } = schema;
    if (Array.isArray(anyOf ?? oneOf)) {
      return anyOf === undefined ? { ...rest, anyOf: oneOf } : { ...rest, oneOf: anyOf };
    }
    const forObjects = [
      { additionalProperties: this.one([false, this.schema(0)]) },
      { patternProperties: { '^x': this.schema(0) } },
      { propertyNames: { pattern: '^[a-c]' } },
    ];
    const isObject = 'properties' in schema;
    const others = [this.text(), this.number(), { not: this.schema(0) }, { items: this.schema(0) }];
    return { ...schema, ...this.one<Json>(isObject ? forObjects : others) };
  }

  private changeFields(fields: Json): Json {
    const name = this.one(FIELDS);
    if (!(name in fields) || this.chance(0.5)) return { ...fields, [name]: this.schema(1) };
    const { [name]: gone, ...rest } = fields;
    return this.chance(0.5) ? rest : { ...rest, [name]: this.change(gone, 2) };
  }

  private changeList(list: readonly unknown[], depth: number): unknown {
    const texts = list.every((each) => typeof each === 'string');
    if (list.length > 1 && this.chance(0.4)) return list.slice(1);
    if (texts) return [...new Set([...list, this.one(['a', 'b', 'c', 'null', 'string'])])];
    return list.map((each, index) => (index === 0 ? this.change(each, depth - 1) : each));
  }

  private sparse(schema: Json): Json {
    const kept = Object.entries(schema).filter(([key]) => key === 'type' || this.chance(0.5));
    return Object.fromEntries(kept);
  }

  private some<T>(list: readonly T[]): T[] {
    const kept = list.filter(() => this.chance(0.5));
    return kept.length > 0 ? kept : list.slice(0, 1);
  }

  private one<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  private below(count: number): number {
    return Math.floor(this.random() * count);
  }

  private chance(probability: number): boolean {
    return this.random() < probability;
  }
}

const REF_ONE = { $ref: '#/$defs/one' };

/** Enough of a conjunction to find values that satisfy both. */
function merge(a: Json, b: Json): Json {
  const fields = { ...(a['properties'] as Json), ...(b['properties'] as Json) };
  const required = [a['required'] ?? [], b['required'] ?? []].flat();
  return { ...a, ...b, properties: fields, required };
}

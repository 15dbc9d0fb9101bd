import { typesOf } from './alternatives';
import type { Alternative } from './alternatives';
import type { ScalarRule } from './scalar.rules';

const NUMBER = ['number', 'integer'];

interface Bound {
  readonly at: number;
  readonly isOpen: boolean;
}

const isWhole = (source: Alternative) => !typesOf(source).has('number');

/** The lowest value that the writer allows; `sign` -1 looks at the other end. */
function boundOf(source: Alternative, sign: 1 | -1): Bound {
  const [closed, open] =
    sign === 1 ? ['minimum', 'exclusiveMinimum'] : ['maximum', 'exclusiveMaximum'];
  let best: Bound = { at: -Infinity, isOpen: false };
  for (const schema of source) {
    for (const [keyword, isOpen] of [[closed, false] as const, [open, true] as const]) {
      const limit = schema[keyword ?? ''];
      if (typeof limit !== 'number') continue;
      const at = limit * sign;
      if (at > best.at || (at === best.at && isOpen)) best = { at, isOpen };
    }
  }
  if (!isWhole(source) || !Number.isFinite(best.at)) return best;
  return { at: best.isOpen ? Math.floor(best.at) + 1 : Math.ceil(best.at), isOpen: false };
}

function limitRule(sign: 1 | -1, isOpenRule: boolean): ScalarRule {
  return {
    types: NUMBER,
    reason: 'bounds',
    accepts: (value: number, limit: number) =>
      isOpenRule ? value * sign > limit * sign : value * sign >= limit * sign,
    isImplied: (source: Alternative, limit: number) => {
      const { at, isOpen } = boundOf(source, sign);
      return at > limit * sign || (at === limit * sign && (isOpen || !isOpenRule));
    },
  };
}

/** Rules of the keywords that numbers have. */
export const numberRules: Readonly<Record<string, ScalarRule>> = {
  minimum: limitRule(1, false),
  exclusiveMinimum: limitRule(1, true),
  maximum: limitRule(-1, false),
  exclusiveMaximum: limitRule(-1, true),
  multipleOf: {
    types: NUMBER,
    reason: 'bounds',
    accepts: (value: number, step: number) => Number.isInteger(value / step),
    isImplied: (source: Alternative, step: number) =>
      (step === 1 && isWhole(source)) ||
      source.some(({ multipleOf }) => isMultiple(multipleOf, step)),
  },
};

/** Fractions are not divided: what comes out depends on rounding. */
function isMultiple(of: unknown, step: number): boolean {
  if (of === step) return true;
  return Number.isSafeInteger(of) && Number.isSafeInteger(step) && Number(of) % step === 0;
}

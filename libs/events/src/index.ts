export { METALS, PriceQuoted } from './metals';
export type { Metal } from './metals';

import type { ContractIdentity, Contract } from '../contract';

/** Names one version of a contract in files and documents: `metals.price.quoted.v2`. */
export function contractKey({ name, version }: Pick<ContractIdentity, 'name' | 'version'>): string {
  return `${name}.v${version}`;
}

/** Oldest first, the newest included. */
export function readableVersions(contract: Contract): readonly number[] {
  const all = Array.from({ length: contract.version }, (_, index) => index + 1);
  return all.filter((version) => contract.reads(version));
}

/** The same order on every machine. */
export const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

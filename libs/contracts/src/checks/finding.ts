/** What the checks of committed contracts find; closed set. */
export const CONTRACT_FINDINGS = [
  'schema-unknown',
  'schema-missing',
  'schema-unreadable',
  'schema-outdated',
  'schema-breaking',
  'version-lowered',
  'version-dropped',
  'corpus-missing',
  'corpus-foreign',
  'corpus-unreadable',
  'corpus-unpinned',
  'corpus-changed',
] as const;
export type ContractFindingCode = (typeof CONTRACT_FINDINGS)[number];

/** One thing that must be put right before a contract may be deployed. */
export interface ContractFinding {
  readonly code: ContractFindingCode;
  /** Name of the contract. */
  readonly contract: string;
  readonly version: number;
  /** Dotted path of the field that breaks readers; null when it is not about one field. */
  readonly field: string | null;
  readonly message: string;
  readonly fix: string;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** The parts of a PEM file, in their order. */
export interface PemParts {
  readonly certificates: readonly string[];
  readonly keys: readonly string[];
}

/** Splits a PEM file; text between the blocks is passed over, as every reader of PEM does. */
export function pemParts(text: string): PemParts {
  const certificates: string[] = [];
  const keys: string[] = [];
  for (const [block, label = ''] of text.matchAll(BLOCK)) {
    if (label === 'CERTIFICATE' || label === 'TRUSTED CERTIFICATE') certificates.push(block);
    else if (label.endsWith('PRIVATE KEY')) keys.push(block);
  }
  return { certificates, keys };
}

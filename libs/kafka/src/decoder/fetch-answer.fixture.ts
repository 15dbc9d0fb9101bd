import { FetchDecoder } from './fetch.decoder';
import type { DecodedRange } from './partition.decoder';

const int16 = (value: number): Buffer => Buffer.of(value >> 8, value);
const int32 = (value: number): Buffer => Buffer.of(value >> 24, value >> 16, value >> 8, value);

export interface AnsweredPartition {
  readonly partition?: number;
  readonly errorCode?: number;
  readonly highWatermark?: bigint;
  readonly aborted?: ReadonlyArray<readonly [producerId: bigint, firstOffset: bigint]>;
  readonly batches: readonly Buffer[];
}

/** Encodes the answer of a broker to a fetch of topic `t`. */
export function encodeAnswer(version: number, partitions: readonly AnsweredPartition[]): Buffer {
  const session = version >= 7 ? [int16(0), int32(77)] : [];
  const head = [
    int32(5),
    ...session,
    int32(1),
    int16(1),
    Buffer.from('t'),
    int32(partitions.length),
  ];
  return Buffer.concat([...head, ...partitions.flatMap((one) => encodePartition(version, one))]);
}

function encodePartition(version: number, one: AnsweredPartition): Buffer[] {
  const { partition = 0, errorCode = 0, highWatermark = 1_000_000n, aborted, batches } = one;
  const records = Buffer.concat(batches);
  return [
    int32(partition),
    int16(errorCode),
    int64(highWatermark),
    int64(highWatermark),
    ...(version >= 5 ? [int64(0n)] : []),
    int32(aborted === undefined ? -1 : aborted.length),
    ...(aborted ?? []).flatMap(([producerId, first]) => [int64(producerId), int64(first)]),
    ...(version >= 11 ? [int32(-1)] : []),
    int32(records.length),
    records,
  ];
}

/** The clock of the real decoder, and a decoder on it. */
export const aDecoder = (verifyCrc = false): FetchDecoder =>
  new FetchDecoder({
    verifyCrc,
    clock: { now: Date.now, monotonicMs: () => performance.now(), setTimer: () => () => undefined },
  });

/** Decodes what a fetch of partition 0 from `first` brought; null when there is nothing to go on with. */
export async function decodeFrom(
  first: bigint,
  answered: Omit<AnsweredPartition, 'partition'>,
  decoder: FetchDecoder = aDecoder(),
): Promise<DecodedRange | null> {
  const asked = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: String(first) }] }];
  const answer = await decoder.decode(11, encodeAnswer(11, [answered]), asked);
  return answer.responses[0]?.partitions[0]?.messages[0]?.range ?? null;
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

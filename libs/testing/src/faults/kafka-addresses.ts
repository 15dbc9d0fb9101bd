import type { LineRewriter } from './fault-proxy';

const METADATA = 3;
const FIND_COORDINATOR = 10;
/** From these versions on the answer has another shape, with compact strings. */
const FLEXIBLE_FROM: Readonly<Record<number, number>> = { [METADATA]: 9, [FIND_COORDINATOR]: 3 };
const SIZE_BYTES = 4;
const BIGGEST_FRAME_BYTES = 128 * 1024 * 1024;

/** Where clients shall go instead. */
export type Redirect = (address: string) => string;

interface PendingAnswer {
  readonly api: number;
  readonly version: number;
}

/**
 * Changes the addresses that brokers advertise, so that clients come back through proxies.
 *
 * Only the answers to Metadata (below version 9) and FindCoordinator (below version 3) are touched;
 * that is what kafkajs asks for. Everything else passes as it is.
 *
 * @see https://kafka.apache.org/protocol
 */
export class KafkaAddressRewriter implements LineRewriter {
  private readonly pending = new Map<number, PendingAnswer>();
  private readonly requests = new Frames();
  private readonly answers = new Frames();

  constructor(private readonly redirect: Redirect) {}

  toServer(bytes: Buffer): readonly Buffer[] {
    for (const frame of this.requests.take(bytes)) this.remember(frame);
    return [bytes];
  }

  toClient(bytes: Buffer): readonly Buffer[] {
    return this.answers.take(bytes).map((frame) => this.rewritten(frame));
  }

  private remember(frame: Buffer): void {
    const api = frame.readInt16BE(SIZE_BYTES);
    const version = frame.readInt16BE(SIZE_BYTES + 2);
    const flexibleFrom = FLEXIBLE_FROM[api];
    if (flexibleFrom === undefined || version >= flexibleFrom) return;
    this.pending.set(frame.readInt32BE(SIZE_BYTES + 4), { api, version });
  }

  private rewritten(frame: Buffer): Buffer {
    const correlation = frame.readInt32BE(SIZE_BYTES);
    const asked = this.pending.get(correlation);
    if (asked === undefined) return frame;
    this.pending.delete(correlation);
    const edit = new Edit(frame, SIZE_BYTES + 4);
    if (asked.api === METADATA) this.brokersOf(edit, asked.version);
    else this.coordinatorOf(edit, asked.version);
    return edit.finish();
  }

  private brokersOf(edit: Edit, version: number): void {
    if (version >= 3) edit.skip(4); // throttle time
    for (let left = edit.int32(); left > 0; left -= 1) {
      edit.skip(4); // node id
      edit.address(this.redirect);
      if (version >= 1) edit.string(); // rack
    }
  }

  private coordinatorOf(edit: Edit, version: number): void {
    if (version >= 1) edit.skip(4); // throttle time
    edit.skip(2); // error code
    if (version >= 1) edit.string(); // error message
    edit.skip(4); // node id
    edit.address(this.redirect);
  }
}

/** Puts the frames of a stream together: four bytes of size, then that many bytes. */
class Frames {
  private chunks: Buffer[] = [];
  private length = 0;

  /** @returns the frames that are complete, with their sizes. */
  take(bytes: Buffer): readonly Buffer[] {
    this.chunks.push(bytes);
    this.length += bytes.length;
    const found: Buffer[] = [];
    for (let end = this.nextEnd(); this.length >= end; end = this.nextEnd()) {
      const all = this.joined();
      found.push(all.subarray(0, end));
      this.chunks = [all.subarray(end)];
      this.length -= end;
    }
    return found;
  }

  /** How many bytes the next frame needs. */
  private nextEnd(): number {
    if (this.length < SIZE_BYTES) return SIZE_BYTES;
    const first = this.chunks[0] ?? Buffer.alloc(0);
    const end = SIZE_BYTES + (first.length < SIZE_BYTES ? this.joined() : first).readInt32BE(0);
    if (end > SIZE_BYTES && end <= BIGGEST_FRAME_BYTES) return end;
    throw new RangeError('this is not the protocol of Kafka: is TLS between client and proxy?');
  }

  private joined(): Buffer {
    if (this.chunks.length > 1) this.chunks = [Buffer.concat(this.chunks, this.length)];
    return this.chunks[0] ?? Buffer.alloc(0);
  }
}

/** Copies a frame from left to right and replaces addresses on the way. */
class Edit {
  private readonly parts: Buffer[] = [];
  private copied = SIZE_BYTES;

  constructor(
    private readonly frame: Buffer,
    private at: number,
  ) {}

  skip(bytes: number): void {
    this.at += bytes;
  }

  int32(): number {
    this.at += 4;
    return this.frame.readInt32BE(this.at - 4);
  }

  string(): string {
    const length = Math.max(0, this.frame.readInt16BE(this.at));
    this.at += 2 + length;
    return this.frame.toString('utf8', this.at - length, this.at);
  }

  /** A string and a port. */
  address(redirect: Redirect): void {
    const start = this.at;
    const host = this.string();
    const port = this.int32();
    // An answer that is an error has no address.
    if (host === '') return;
    const { hostname, port: otherPort } = new URL(`tcp://${redirect(`${host}:${port}`)}`);
    const name = Buffer.from(hostname);
    const replaced = Buffer.alloc(2 + name.length + 4);
    replaced.writeInt16BE(name.length, 0);
    name.copy(replaced, 2);
    replaced.writeInt32BE(Number(otherPort), 2 + name.length);
    this.parts.push(this.frame.subarray(this.copied, start), replaced);
    this.copied = this.at;
  }

  finish(): Buffer {
    if (this.parts.length === 0) return this.frame;
    const body = Buffer.concat([...this.parts, this.frame.subarray(this.copied)]);
    const size = Buffer.alloc(SIZE_BYTES);
    size.writeInt32BE(body.length, 0);
    return Buffer.concat([size, body]);
  }
}

/**
 * Turns an event into the bytes of a record and back.
 *
 * Promises: `decode(encode(x))` equals x; both are synchronous and keep no bytes. A codec that must
 * ask a server first (a schema registry) does so in `prepare`, once per batch, so that handlers and
 * lanes stay as they are.
 */
export interface Codec {
  /** Sent as header `content-type`; example `application/json`. */
  readonly contentType: string;
  encode(value: unknown): Buffer;
  /** @throws {MillraceError} CODEC_MALFORMED when the bytes are not of this format. */
  decode(bytes: Buffer): unknown;
  /**
   * Fetches what `decode` needs for these values: all of a slice at once, any bytes may be among them.
   *
   * Rejects with an error of failure `infrastructure` when the server does not answer: the records
   * wait and none becomes a dead letter. What is wrong with single values is left to `decode`.
   */
  prepare?(values: readonly Buffer[]): Promise<void>;
}

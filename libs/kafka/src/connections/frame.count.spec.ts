import fc from 'fast-check';
import { FrameCount } from './frame.count';

const frame = (bytes: number): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(bytes);
  return Buffer.concat([header, Buffer.alloc(bytes, 0xff)]);
};

describe('FrameCount', () => {
  it('counts what ended, wherever the stream is cut', () => {
    const lengths = fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(lengths, fc.array(fc.integer({ min: 1, max: 50 })), (sizes, cuts) => {
        const stream = Buffer.concat(sizes.map(frame));
        const count = new FrameCount();
        let ended = 0;
        let at = 0;
        for (const size of [...cuts, stream.length]) {
          ended += count.ended(stream.subarray(at, at + size));
          at = Math.min(stream.length, at + size);
        }
        expect(ended).toBe(sizes.length);
      }),
    );
  });

  it('does not count a frame of which a byte is missing', () => {
    const count = new FrameCount();
    expect(count.ended(frame(10).subarray(0, 13))).toBe(0);
    expect(count.ended(Buffer.from([0]))).toBe(1);
  });
});

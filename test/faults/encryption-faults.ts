import type { Fault } from './fault.ts'

const SAMPLES = 'src/media/ts/sample-aes.test.ts'

/** In what is encrypted. */
export const ENCRYPTION_FAULTS: readonly Fault[] = [
  {
    name: 'last-block-encrypted',
    breaks: 'The last sixteen bytes of a slice are encrypted, although none follow them.',
    file: 'src/media/ts/sample-aes-units.ts',
    find: 'for (; end - next > BLOCK_SIZE &&',
    replace: 'for (; end - next >= BLOCK_SIZE &&',
    caughtBy: { file: SAMPLES, cases: 'gives ffmpeg every one of them back' },
    failure: /changed: packet \d+/,
  },
  {
    name: 'short-slice-encrypted',
    breaks: 'A slice of 49 bytes stays clear.',
    file: 'src/media/ts/sample-aes-units.ts',
    find: 'const MOST_CLEAR = 48',
    replace: 'const MOST_CLEAR = 49',
    caughtBy: { file: SAMPLES, cases: 'leaves those of 48 bytes and less as they are' },
    failure: /notDeepStrictEqual|not to be/i,
  },
  {
    name: 'chain-broken',
    breaks: 'The blocks of a long slice are chained to the IV again where a new piece is encrypted.',
    file: 'src/media/ts/sample-aes-units.ts',
    find: 'iv = Uint8Array.from(encrypted.subarray(size - BLOCK_SIZE, size))',
    replace: 'iv = Uint8Array.from(cipher.iv)',
    caughtBy: { file: SAMPLES, cases: 'gives ffmpeg every one of them back' },
    failure: /changed: packet \d+/,
  },
  {
    name: 'emulation-missed-between-pieces',
    breaks: 'Zeros at the end of a piece that is searched are forgotten.',
    file: 'src/media/ts/sample-aes-units.ts',
    find: 'at = found < limit || limit === unit.end ? found : limit - 2',
    replace: 'at = found',
    caughtBy: { file: SAMPLES, cases: 'gives ffmpeg every one of them back' },
    failure: /changed: packet \d+/,
  },
  {
    name: 'counters-left-moved',
    breaks: 'The segment after one with added packets seems to lack some.',
    file: 'src/media/ts/rewritten-pes.ts',
    find: 'if (roomy >= 0) this.added[roomy]! +=',
    replace: 'if (roomy < 0) this.added[0]! +=',
    caughtBy: { file: SAMPLES, cases: 'ends with the counter of the source' },
    failure: /Expected values to be/,
  },
  {
    name: 'audio-frame-clear-too-long',
    breaks: 'Seventeen bytes of each audio frame stay clear.',
    file: 'src/media/ts/sample-aes-frames.ts',
    find: 'const CLEAR_LEAD = 16',
    replace: 'const CLEAR_LEAD = 17',
    caughtBy: { file: SAMPLES, cases: 'gives ffmpeg every frame' },
    failure: /changed: packet \d+/,
  },
]

import type { Fault } from './fault.ts'

/** In what is encrypted of samples, and what is said of it. */
export const PROTECTION_FAULTS: readonly Fault[] = [
  {
    name: 'remainder-behind',
    breaks: 'Protected bytes of cenc begin at the slice header, and bytes that fill no block follow them.',
    file: 'src/media/protection/subsamples.ts',
    find: 'clear += LENGTH_SIZE + size - bytes\n    if (bytes > 0) end(bytes)',
    replace:
      'clear += LENGTH_SIZE + size - left\n    if (bytes > 0) end(bytes)\n    clear += bytes > 0 ? left - bytes : left',
    caughtBy: { file: 'src/media/protection/subsamples.test.ts', cases: 'of cenc end with whole blocks' },
    failure: /Expected values to be strictly deep-equal/,
  },
  {
    name: 'no-iv-in-later-subsamples',
    breaks: 'In cbcs only the first subsample of its size is chained to the constant IV.',
    file: 'src/media/protection/protected-samples.ts',
    find: 'encryptPattern(bytes, encrypt, constantIv, meter)',
    replace:
      'encryptPattern(bytes, encrypt, bytes.length === parts[0]!.protected ? constantIv : new Uint8Array(BLOCK_SIZE), meter)',
    caughtBy: { file: 'src/media/protection/protected-samples.test.ts', cases: 'to the clear frames' },
    failure: /Expected values to be strictly deep-equal|ffmpeg/,
  },
  {
    name: 'offset-from-the-fragment',
    breaks: 'saio counts from its track fragment.',
    file: 'src/media/mp4/sample-encryption.ts',
    find: 'entriesAt = writer.position - moofStart',
    replace: 'entriesAt = writer.position - moofStart - 24',
    caughtBy: { file: 'src/media/protection/protected-samples.test.ts', cases: 'are read by mp4box as they are meant' },
    failure: /Expected values to be strictly deep-equal/,
  },
  {
    name: 'modification-of-one-reference',
    breaks: 'Slice headers of HEVC have modified lists where a picture has one reference.',
    file: 'src/media/codecs/hevc-slice-header.ts',
    find: 'if (pps.listsModification && pictures.current > 1) {',
    replace: 'if (pps.listsModification) {',
    caughtBy: { file: 'src/media/codecs/slice-headers.test.ts', cases: 'random fields' },
    failure: /Expected values to be strictly deep-equal|MalformedMedia|slice header longer/,
  },
  {
    name: 'picture-itself-in-its-set',
    breaks: 'A predicted reference picture set of HEVC has the picture itself.',
    file: 'src/media/codecs/hevc-syntax.ts',
    find: 'filter(({ delta }) => delta > 0)',
    replace: 'filter(({ delta }) => delta >= 0)',
    caughtBy: { file: 'src/media/codecs/slice-headers.test.ts', cases: 'random fields' },
    failure: /Expected values to be strictly deep-equal|MalformedMedia|slice header longer|num_/,
  },
  {
    name: 'numbers-for-what-is-changed',
    breaks:
      'Segments that are cut, mended, encoded anew or renumbered have the IVs of what is recorded under their number.',
    file: 'src/model/recorded-segment.ts',
    find: 'return RECORDED.get(segment)',
    replace: 'return RECORDED.get(segment) ?? 1',
    caughtBy: { file: 'src/packaging/segments/first-iv.test.ts', cases: 'never share an IV unless they are the same' },
    failure: /stands for two samples/,
  },
  {
    name: 'key-frames-counted-as-pictures',
    breaks: 'The key frames of trick play have the IVs of the pictures of their track.',
    file: 'src/packaging/segments/first-iv.ts',
    find: 'track.n + (areKeyFrames ? KEY_FRAMES : 0)',
    replace: 'track.n + (areKeyFrames ? 0 : 0)',
    caughtBy: { file: 'src/packaging/segments/first-iv.test.ts', cases: 'in a day of all tracks' },
    failure: /apart && around|falsy|true/,
  },
  {
    name: 'one-header-for-all-keys',
    breaks: 'Playlists of CMAF name the same header whatever the key period is.',
    file: 'src/packaging/cmaf/keys.ts',
    find: 'keyPeriod: keyPeriodAt(encryption, startUtc)',
    replace: 'keyPeriod: keyPeriodAt(encryption, startUtc) * 0',
    caughtBy: { file: 'src/packaging/cmaf/keys.test.ts', cases: 'come with a header of their key period' },
    failure: /Expected values to be strictly deep-equal/,
  },
]

import type { Catcher, Fault } from './fault.ts'

const LOOKS = 'src/self-check/look.test.ts'
const looks = (cases: string): Catcher => ({ file: LOOKS, cases })
const CHANNEL: Catcher = { file: 'test/self-check/real-channel.test.ts', cases: 'pause, begin anew, lack segments' }

/** In what the server checks of itself, and in what it plays, which it must see. */
export const SELF_CHECK_FAULTS: readonly Fault[] = [
  {
    name: 'discontinuities-not-counted',
    breaks: 'EXT-X-DISCONTINUITY-SEQUENCE is always that of the beginning.',
    file: 'src/packaging/hls-playlists/media-playlist.ts',
    find: 'discontinuitySequence: first?.segment.discontinuitySequence ?? 0,',
    replace: 'discontinuitySequence: 0,',
    caughtBy: CHANNEL,
    failure: /segment-unchanged: \S+ \d+: discontinuity sequence number/,
  },
  {
    name: 'dates-of-the-window',
    breaks: 'EXT-X-PROGRAM-DATE-TIME is a second late.',
    file: 'src/packaging/hls-playlists/media-playlist.ts',
    find: '...(isDated && { programDateTime: shown.startUtc }),',
    replace: '...(isDated && { programDateTime: (shown.startUtc + 999 * (segments.length % 2)) as UtcMs }),',
    caughtBy: CHANNEL,
    failure: /dates-continuous/,
  },
  {
    name: 'sequence-from-zero',
    breaks: 'Every live playlist begins with number 1.',
    file: 'src/packaging/hls-playlists/media-playlist.ts',
    find: 'mediaSequence: first?.number ?? 0,',
    replace: 'mediaSequence: 1,',
    caughtBy: CHANNEL,
    failure: /segment-unchanged/,
  },
  {
    name: 'periods-by-window',
    breaks: 'The id of a Period is that of the first listed segment.',
    file: 'src/packaging/dash/periods.ts',
    find: 'id: begins.number - 1,',
    replace: 'id: first.number - 1,',
    caughtBy: CHANNEL,
    failure: /period-stable/,
  },
  {
    name: 'target-duration-unchecked',
    breaks: 'Long segments are not noticed.',
    file: 'src/self-check/listed-checks.ts',
    find: 'Math.round(ms / 1000) > targetDuration',
    replace: 'ms < 0',
    caughtBy: looks('a duration beyond the target duration'),
    failure: /target-duration is not among/,
  },
  {
    name: 'numbers-unchecked',
    breaks: 'Playlists that begin with different numbers are not noticed.',
    file: 'src/self-check/listed-checks.ts',
    find: 'if (isSteady && own !== wanted) {',
    replace: 'if (!isSteady) {',
    caughtBy: looks('a playlist that begins with another number'),
    failure: /equal-numbers is not among/,
  },
  {
    name: 'bytes-not-compared',
    breaks: 'Other bytes under a URL are not noticed.',
    file: 'src/self-check/sampled-bytes.ts',
    find: 'before.crc32 === known.crc32',
    replace: 'known.crc32 !== undefined',
    caughtBy: looks('other bytes under a URL'),
    failure: /bytes-unchanged is not among/,
  },
  {
    name: 'edge-unwatched',
    breaks: 'A live edge that stands still is not noticed.',
    file: 'src/self-check/look.ts',
    find: 'if (stillFor <= limit ||',
    replace: 'if (stillFor > limit ||',
    caughtBy: looks('a live edge that stands still'),
    failure: /live-edge-moves/,
  },
  {
    name: 'self-check-without-rest',
    breaks: 'Looks take as much time as there is.',
    file: 'src/self-check/self-check.ts',
    find: '(now - began) * REST',
    replace: '(now - began) / REST',
    caughtBy: { file: 'src/self-check/self-check.test.ts', cases: 'takes a hundredth of the time' },
    failure: /looks/,
  },
  {
    name: 'traces-of-strangers',
    breaks: 'Everybody can say which trace spans belong to.',
    file: 'src/http/traced-mounts.ts',
    find: 'clients.isFromProxy(request)',
    replace: 'clients !== undefined',
    caughtBy: { file: 'src/spans.test.ts', cases: 'traces of trusted proxies go on' },
    failure: /b7ad6b7169203331/,
  },
]

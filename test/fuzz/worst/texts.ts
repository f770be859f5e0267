import { decodedPlaylistInSteps } from '../../../src/ingest/decoded-playlist.ts'
import { readSourcePlaylistInSteps } from '../../../src/ingest/source-playlist.ts'
import { writeTtml } from '../../../src/manifests/ttml.ts'
import { id3TagSize, MOST_TAGS, titlesIn } from '../../../src/media/id3.ts'
import { JpegProbe } from '../../../src/media/jpeg.ts'
import { demuxPackedAudioInSteps, framesEnd, PackedAudioProbe } from '../../../src/media/packed-audio.ts'
import { encryptPackedAudioInSteps } from '../../../src/media/packed-sample-aes.ts'
import type { Id3Event } from '../../../src/media/sample.ts'
import { ticks } from '../../../src/media/time.ts'
import { MOST_WEBVTT_BYTES } from '../../../src/media/webvtt/probe.ts'
import { readWebVtt } from '../../../src/media/webvtt/reader.ts'
import { cuesBetween, joinWebVtt } from '../../../src/media/webvtt/timeline.ts'
import { writeWebVtt } from '../../../src/media/webvtt/writer.ts'
import { cbcEncryption } from '../../../src/packaging/segments/segment-cipher.ts'
import { timestampTag } from '../../fixtures/timed-metadata.ts'
import type { WorstInput } from './judge.ts'

const MiB = 1024 * 1024
const MOST_SEGMENT = 64 * MiB
const MOST_JPEG = 20_000_000
const MOST_PLAYLIST = 4 * MiB
const CHUNK = 64 * 1024

const filled = (size: number, unit: string | Buffer, before = '', after = ''): Buffer => {
  const bytes = Buffer.alloc(size, unit)
  bytes.write(before, 'latin1')
  bytes.write(after, size - after.length, 'latin1')
  return bytes
}
/** `make` for each number, until that is `size` bytes. */
function numbered(size: number, before: string, make: (n: number) => string): Buffer {
  const parts = [before]
  for (let n = 0, length = before.length; length < size; n++) {
    const part = make(n)
    parts.push(part)
    length += part.length
  }
  return Buffer.from(parts.join('')).subarray(0, size)
}

const TAGS: Readonly<Record<string, (size: number) => Buffer>> = {
  'tags in front of the frames': (size) => filled(size, 'ID3\x04\0\0\0\0\0\0'),
  'tags of 64 KiB of frames without a timestamp': (size) => {
    const frame = 'PRIV\0\0\0\0\0\0'
    const tag = Buffer.concat([Buffer.from('ID3\x04\0\0\0\x03\x7f\x76', 'latin1'), Buffer.alloc(65_526, frame)])
    return filled(size, tag)
  },
  'a tag that is never synchronous': (size) => filled(size, '\xff\0', 'ID3\x03\0\x80\x1f\x7f\x7f\x7f'),
}

const PACKED_AUDIO: Readonly<Record<string, (size: number) => Buffer>> = {
  ...TAGS,
  'ADTS of one byte': (size) => Buffer.concat([timestampTag(1), filled(size, Buffer.from('fff14c80011ffc00', 'hex'))]),
  'ADTS that breaks off at every frame': (size) =>
    Buffer.concat([timestampTag(1), filled(size, Buffer.from('fff14c80011ffc00fff14c80011ffc00ff00', 'hex'))]),
  'AC-3 sync words': (size) => Buffer.concat([timestampTag(1), filled(size, Buffer.from('0b77', 'hex'))]),
}

const TITLES: Readonly<Record<string, (size: number) => Buffer>> = {
  ...TAGS,
  'a tag of frames without a title': (size) => filled(size, 'PRIV\0\0\0\0\0\0', 'ID3\x04\0\0\x1f\x7f\x7f\x7f'),
  'titles of blanks': (size) => filled(size, `ID3\x04\0\0\0\0\x10\x16TIT2\0\0\x10\x0c\0\0\x03${' '.repeat(2059)}`),
}

const JPEG: Readonly<Record<string, (size: number) => Buffer>> = {
  'fill bytes': (size) => filled(size, '\xff', '\xff\xd8'),
  'segments without content': (size) => filled(size, Buffer.from('fffe0002', 'hex'), '\xff\xd8'),
  'markers that stand alone': (size) => filled(size, Buffer.from('ffd8', 'hex')),
}

const WEBVTT: Readonly<Record<string, (size: number) => Buffer>> = {
  cues: (size) => filled(size, '00:00.000 --> 00:01.000\na\n\n', 'WEBVTT\n\n'),
  'cues without text, at one time': (size) => filled(size, '00:00.000 --> 00:01.000\n\n', 'WEBVTT\n\n'),
  'lines that are empty': (size) => filled(size, '\n', 'WEBVTT\n\n'),
  'lines that end with carriage returns': (size) => filled(size, '\r', 'WEBVTT\n\n'),
  'arrows alone': (size) => filled(size, '-->\n', 'WEBVTT\n\n'),
  'a timing line with blanks': (size) => filled(size, ' ', 'WEBVTT\n\n00:00.000 --> 00:01.000', '\u2028\na\n'),
  'blanks before an arrow': (size) => filled(size, ' ', 'WEBVTT\n\n00:00.000', '-->\n'),
  'tags in tags': (size) => filled(size, '<b>', 'WEBVTT\n\n00:00.000 --> 00:01.000\n'),
  'tags that end and begin': (size) => filled(size, '<b></b>', 'WEBVTT\n\n00:00.000 --> 00:01.000\n'),
  'less-than signs': (size) => filled(size, '<', 'WEBVTT\n\n00:00.000 --> 00:01.000\n'),
  'classes in a tag': (size) => filled(size, '.red', 'WEBVTT\n\n00:00.000 --> 00:01.000\n<c'),
  ampersands: (size) => filled(size, '&', 'WEBVTT\n\n00:00.000 --> 00:01.000\n'),
  references: (size) => filled(size, '&#x1f600;', 'WEBVTT\n\n00:00.000 --> 00:01.000\n'),
  'references that are none': (size) => filled(size, '&#99999', 'WEBVTT\n\n00:00.000 --> 00:01.000\n'),
  'settings of a cue': (size) => filled(size, 'line:1% ', 'WEBVTT\n\n00:00.000 --> 00:01.000 '),
  'lines of text in a cue': (size) => filled(size, 'a\n', 'WEBVTT\n\n00:00.000 --> 00:01.000\n'),
  'definitions of style': (size) => filled(size, 'STYLE\n::cue{}\n\n', 'WEBVTT\n\n'),
  notes: (size) => filled(size, 'NOTE\na\n\n', 'WEBVTT\n\n'),
  'timestamp maps': (size) => filled(size, 'X-TIMESTAMP-MAP=MPEGTS:1,LOCAL:00:00:00.000\n', 'WEBVTT\n'),
  'a timestamp map with blanks': (size) => filled(size, ' ', 'WEBVTT\nX-TIMESTAMP-MAP=', 'x\n'),
  'a timestamp map of equals signs': (size) => filled(size, '=', 'WEBVTT\nX-TIMESTAMP-MAP', 'x\n'),
  'a timestamp map of equals signs and blanks': (size) => filled(size, '= ', 'WEBVTT\nX-TIMESTAMP-MAP'),
}

const MEDIA = '#EXTM3U\n#EXT-X-TARGETDURATION:2\n'
const media =
  (unit: string, after = '') =>
  (size: number) =>
    filled(size, unit, MEDIA, after)
const medias = (make: (n: number) => string) => (size: number) => numbered(size, MEDIA, make)
/** A line of 8 KB in each variant. */
const parent = (attributes: string) => (size: number) => {
  const line = `#EXT-X-STREAM-INF:${attributes.repeat(Math.ceil(8100 / attributes.length)).slice(0, 8100)}\n`
  return filled(size, line, '#EXTM3U\n', '\na.m3u8\n')
}

const PLAYLISTS: Readonly<Record<string, (size: number) => Buffer>> = {
  'empty lines': media('\n'),
  'carriage returns': media('\r'),
  'lines that end either way, in turn': media('a\r\n\r'),
  'lines of blanks': media(' \n'),
  'one line of blanks': media(' '),
  comments: media('#\n'),
  'tags that nobody knows': media('#EXT-X-A:B\n'),
  'tags in lower case': media('#ext-x-version : 3\n'),
  'tags of control characters': media('#EXT-X-A:\x01\x02\n'),
  'segments of one name': media('#EXTINF:2,\na.ts\n'),
  'segments without a duration': media('a.ts\n'),
  'segments with dates': medias((n) => {
    return `#EXT-X-PROGRAM-DATE-TIME:${new Date(1.7e12 + n * 2000).toISOString()}\n#EXTINF:2.000000,\nvideo_${n}.ts\n`
  }),
  'dates of no usual form': media("#EXT-X-PROGRAM-DATE-TIME:'2026-05-03 00:01:08,040000000000 UTC'\n"),
  'dates that are none': media(`#EXT-X-PROGRAM-DATE-TIME:2026-05-03T00:01${' '.repeat(900)}x\n`),
  'durations of no usual form': media(`#EXTINF:"+2${' '.repeat(100)}seconds" ;\na.ts\n`),
  'durations that are none': media(`#EXTINF:${'9'.repeat(500)}\na.ts\n`),
  'titles without end': media(`#EXTINF:2,${'a'.repeat(8000)}\na.ts\n`),
  'keys of no method': media('#EXT-X-KEY:METHOD=NONE\n'),
  'names with everything encoded': media(`#EXTINF:2,\n${'%41'.repeat(80)}.ts\n`),
  'names of dots': media(`#EXTINF:2,\n${'a/../'.repeat(200)}a.ts\n`),
  'names with slashes': media(`#EXTINF:2,\n${'/'.repeat(1000)}a.ts\n`),
  'names with queries': media(`#EXTINF:2,\na.ts?${'?'.repeat(1000)}\n`),
  'names with fragments': media(`#EXTINF:2,\na${'.a#'.repeat(300)}\n`),
  'names in which fragments are none': media(`#EXTINF:2,\n${'a#'.repeat(120)}\n`),
  'names at other hosts': media(`#EXTINF:2,\nhttp://${'a'.repeat(1000)}/a.ts\n`),
  'a name that is none, behind others': (size) =>
    filled(size, '#EXTINF:2,\na.ts\n', MEDIA, '\n#EXTINF:2,\n../../a.ts\n'),
  'ad tags': media('#EXT-X-CUE-IN\n'),
  'ad tags before each segment': media(`${'#EXT-X-CUE-OUT:30\n'.repeat(16)}#EXTINF:2,\na.ts\n`),
  'ad tags as long as they may be': (size) =>
    filled(size, `#EXT-X-CUE:${'a'.repeat(4084)}\n#EXTINF:2,\na.ts\n`, `${MEDIA}#`),
  'ad tags that cannot be printed': (size) => filled(size, `#EXT-X-CUE:${'a'.repeat(4000)}\u2028\n`, `${MEDIA}#`),
  'lines that are not UTF-8': media('#\xff\n'),
  'umlauts, and one line that is not UTF-8': (size) =>
    Buffer.concat([Buffer.from(MEDIA), filled(size - 100, Buffer.from('#ü\n')), Buffer.from('#\xff\n', 'latin1')]),
  'attributes of one letter': parent('A=1,'),
  'attributes without a name': parent('=,'),
  'commas alone': parent(','),
  'quotes alone': parent('"'),
  'quotes that never end': parent('A="B,'),
  'an attribute of blanks': parent(' '),
  'equals signs and blanks': parent('A= '),
  'attributes of one name': parent('BANDWIDTH=1,'),
  'codecs without quotes': parent('CODECS=a,b,c,d,'),
  'quoted apostrophes': parent(`NAME='''''',`),
  'resolutions that are none': parent(`RESOLUTION=1${' '.repeat(900)}y,`),
  renditions: (size) =>
    numbered(size, '#EXTM3U\n', (n) => `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="${n}",URI="${n}.m3u8"\n`),
  'variants that no tag describes': (size) => numbered(size, '#EXTM3U\n', (n) => `${n}.m3u8\n`),
}

function* probing(
  bytes: Buffer,
  probe: { push(chunk: Uint8Array): void; end(): unknown },
): Generator<void, unknown, void> {
  for (let at = 0; at < bytes.length; at += CHUNK) {
    probe.push(bytes.subarray(at, at + CHUNK))
    yield
  }
  return probe.end()
}

/** All that becomes of subtitles: segments of WebVTT, and documents of TTML. */
function shown(bytes: Uint8Array): unknown {
  const read = readWebVtt(bytes)
  const cues = cuesBetween([read], ticks(0), ticks(180_000))
  const paragraphs = cues.map(({ start, end, settings, text }) => ({ begin: start, end, settings, text }))
  return [writeWebVtt(joinWebVtt([read])), writeTtml({ profile: 'imsc1', paragraphs })]
}

const PLACE = { name: 'a.m3u8', folder: '/in/v2/c/c/', host: 'origin.example' }

function* readingPlaylist(bytes: Buffer): Generator<void, unknown, void> {
  const { text } = yield* decodedPlaylistInSteps(bytes)
  return yield* readSourcePlaylistInSteps(text, PLACE, 20)
}

/** The tags that lie one behind the other in bytes, the last one cut off with them. */
function eventsIn(bytes: Buffer): Id3Event[] {
  const events: Id3Event[] = []
  for (let at = 0; at < bytes.length && events.length < MOST_TAGS; ) {
    const size = id3TagSize(bytes, at, bytes.length)
    if (size === 0) break
    events.push({ pid: 1, pts: 0, tag: bytes.subarray(at, at + size) })
    at += size
  }
  return events
}

function inputs(
  reader: string,
  most: number,
  makers: Readonly<Record<string, (size: number) => Buffer>>,
  read: (bytes: Buffer) => ReturnType<ReturnType<WorstInput['prepare']>>,
): WorstInput[] {
  return Object.entries(makers).map(([name, make]) => ({
    name,
    reader,
    most,
    prepare: (size) => {
      const bytes = make(size)
      return () => read(bytes)
    },
  }))
}

const CIPHER = { encrypt: cbcEncryption(Buffer.alloc(16, 1)), iv: Buffer.alloc(16, 2) }

export const TEXTS: readonly WorstInput[] = [
  ...inputs('packed audio, probe', MOST_SEGMENT, PACKED_AUDIO, (bytes) => probing(bytes, new PackedAudioProbe())),
  ...inputs('JPEG, probe', MOST_JPEG, JPEG, (bytes) => probing(bytes, new JpegProbe())),
  ...inputs('packed audio, demuxer', MOST_SEGMENT, PACKED_AUDIO, (bytes) =>
    demuxPackedAudioInSteps(Buffer.from(bytes), { hasHeader: true, inPlace: true }),
  ),
  ...inputs('packed audio, encryption of samples', MOST_SEGMENT, PACKED_AUDIO, (bytes) =>
    encryptPackedAudioInSteps([bytes], undefined, CIPHER),
  ),
  ...inputs('packed audio, cut', MOST_SEGMENT, PACKED_AUDIO, (bytes) =>
    framesEnd(bytes, { near: ticks(0), time: Number.POSITIVE_INFINITY }),
  ),
  ...inputs('titles', MOST_SEGMENT, TITLES, (bytes) => titlesIn(eventsIn(bytes))),
  ...inputs('WebVTT', MOST_WEBVTT_BYTES, WEBVTT, (bytes) => () => shown(bytes)),
  ...inputs('playlist', MOST_PLAYLIST, PLAYLISTS, readingPlaylist),
]

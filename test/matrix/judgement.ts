/** One fixture at one output, judged by everything that can be said about it. */
import type { Fixture, FixtureStream } from '../fixtures/fixture.ts'
import type { Cue } from '../fixtures/web-vtt.ts'
import { assertSameTracks, type GivenTrack } from './compare.ts'
import { assertCues, cuesGiven } from './cues.ts'
import { type Expected, expectedAt } from './expected.ts'
import { readTracks } from './given.ts'
import {
  assertMp4boxReads,
  assertPackagerReads,
  assertPacked,
  assertSeconds,
  assertVerbatim,
  picturesOfEach,
  tagsOf,
} from './judges.ts'
import type { Output } from './outputs.ts'
import type { Viewed, ViewedStream } from './viewed.ts'

export type Case = {
  readonly fixture: Fixture
  readonly output: Output
  readonly url: string
  readonly viewed: Viewed
  readonly expected: Expected
  /** What `readTracks` gives of it, if that has been done. */
  readonly tracks?: readonly GivenTrack[]
  /** What `picturesOfEach` gives of it, if that has been done. */
  readonly pictures?: number
}

/** Whether the samples of an output are read: at others, segments are as they were pushed, to the byte. */
export const readsSamples = ({ name }: Output): boolean => name !== 'hls'

export async function judge(asked: Case): Promise<void> {
  const { fixture, output, viewed } = asked
  const pushed = fixture.streams.filter(({ extension }) => extension !== 'vtt').map(bytesOf)
  const packed = fixture.streams.filter(({ extension }) => !['ts', 'vtt'].includes(extension)).map(bytesOf)
  if (!readsSamples(output)) {
    const media = viewed.streams.filter(({ kind }) => kind !== 'text')
    assertVerbatim(media, pushed)
  } else {
    const given = viewed.streams.filter(isPacked)
    if (given.length !== (output.wrapping === 'mpegts' ? packed.length : 0))
      throw new Error('audio is packed otherwise')
    for (const [at, stream] of given.entries()) assertPacked(stream, packed[at]!, output.sources)
    await judgeSamples(asked)
  }
  await judgePlayback(asked)
  for (const { language, cues } of fixture.cues ?? []) judgeCues(asked, language, cues)
  judgeLanguages(asked)
  judgeCaptions(asked)
  judgeCodecs(asked)
}

const bytesOf = ({ segments }: FixtureStream) => segments.map(({ bytes }) => bytes)

async function judgeSamples({ fixture, output, viewed, expected, tracks: read }: Case): Promise<void> {
  const { wrapping, ownClock } = output
  const tracks = read ?? (await readTracks([{ viewed, wrapping }]))[0]!
  assertSameTracks(tracks, expectedAt(expected, fixture, output), { ownClock })
  if (wrapping === 'mpegts') return
  const media = viewed.streams.filter(({ kind }) => kind !== 'text')
  if (output.timesSegments && (fixture.eras ?? [0]).length === 1) {
    for (const stream of media) assertSeconds(stream, tracks)
  }
  for (const stream of media) {
    assertMp4boxReads(stream, tracks)
    if (output.sources === 1 && !ownClock) await assertPackagerReads(stream)
  }
  if (fixture.tags && !ownClock) judgeTags(media, fixture.tags)
}

/**
 * Whether ffmpeg reads the manifest, and nothing that it has to make up for is odd about the source. It takes the
 * startNumber of a timeline for an index into it, and so finds no segment by its time.
 */
export const isPlayed = ({ eras, name }: Fixture, output: Output): boolean =>
  ['hls', 'cmaf', 'dash-number'].includes(output.name) && !eras && !name.startsWith('starts')

/** ffmpeg decodes as many pictures as went in. */
async function judgePlayback({ fixture, output, url, expected, pictures }: Case): Promise<void> {
  if (!isPlayed(fixture, output)) return
  const wanted = expected.plain.find(({ kind }) => kind === 'video')!.runs[0]!.samples.length
  const decoded = pictures ?? (await picturesOfEach([url]))[0]
  if (decoded !== wanted) throw new Error(`${url}: ${wanted} pictures went in, ffmpeg decodes ${decoded}`)
}

/** Frames of audio behind a tag with their time. */
function isPacked({ kind, runs }: ViewedStream): boolean {
  return kind === 'audio' && runs[0]?.segments[0]?.subarray(0, 3).toString() === 'ID3'
}

function judgeTags(streams: readonly ViewedStream[], expected: NonNullable<Fixture['tags']>): void {
  const tags = streams.filter(({ kind }) => kind === 'variant').flatMap(tagsOf)
  const [first] = tags
  if (tags.length !== expected.length) throw new Error(`${expected.length} ID3 tags went in, ${tags.length} came out`)
  // The presentation's clock may have gone round more often than that of the source.
  const wraps = Math.round((first!.seconds - expected[0]!.pts / 90_000) / (2 ** 33 / 90_000)) * 2 ** 33
  for (const [at, { pts, tag }] of expected.entries()) {
    const { seconds, tag: given } = tags[at]!
    if (!given.equals(tag))
      throw new Error(`ID3 tag ${at} went in as ${tag.toString('hex')}, came out as ${given.toString('hex')}`)
    if (Math.round(seconds * 90_000) !== pts + wraps)
      throw new Error(`ID3 tag ${at} of ${pts} came out at ${seconds} s`)
  }
}

function judgeCues({ viewed, output, expected }: Case, language: string, cues: readonly Cue[]): void {
  const streams = viewed.streams.filter((stream) => stream.kind === 'text' && stream.language === language)
  if (streams.length !== 1) throw new Error(`${streams.length} subtitles in ${language}`)
  const [stream] = streams as [ViewedStream]
  const [pictures] = expected.plain.filter(({ kind }) => kind === 'video')
  const begin = Math.min(...pictures!.runs[0]!.samples.map(({ pts }) => pts)) / 90_000
  const shown = cuesGiven(stream)
  const wraps = Math.round((Math.min(...shown.map(({ start }) => start)) - begin) / (2 ** 33 / 90_000))
  const origin = begin + (wraps * 2 ** 33) / 90_000
  const [pictureRun] = viewed.streams.find(({ kind }) => kind === 'variant')!.runs
  assertCues(stream.name, shown, cues, output.ownClock ? pictureRun!.starts![0] : origin)
}

/** Of sound that is a stream by itself. */
function judgeLanguages({ fixture, viewed }: Case): void {
  const audio = viewed.streams.filter(({ kind }) => kind === 'audio')
  if (!fixture.languages || audio.length === 0) return
  // Some manifests name languages by two letters, some by three.
  const named = audio.map(({ language = '' }) => language.slice(0, 2)).toSorted()
  if (named.join() !== fixture.languages.toSorted().join()) throw new Error(`sound in ${named.join(' and ')}`)
}

function judgeCaptions({ fixture, viewed, output }: Case): void {
  if (!fixture.captioned || output.ownClock) return
  const announced = /TYPE=CLOSED-CAPTIONS.*INSTREAM-ID="CC1"|urn:scte:dash:cc:cea-608:2015" value="CC1/
  if (!announced.test(viewed.manifest)) throw new Error('no captions are announced')
}

/** What the encoder calls its codecs is what they are called. */
function judgeCodecs({ fixture, viewed, output }: Case): void {
  if (!fixture.codecs || output.ownClock) return
  const unnamed = fixture.codecs.split(',').filter((codec) => !viewed.manifest.includes(codec))
  if (unnamed.length > 0) throw new Error(`the manifest does not name ${unnamed.join(', ')}`)
}

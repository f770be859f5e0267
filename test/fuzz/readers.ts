import { Refusal } from '../../src/ingest/refusal.ts'
import { SegmentInspection } from '../../src/ingest/segment-inspection.ts'
import { readSourcePlaylist } from '../../src/ingest/source-playlist.ts'
import { MalformedXml, readXml } from '../../src/keys/xml-reader.ts'
import { MalformedCpix, readCpixAnswer } from '../../src/manifests/cpix/answer.ts'
import { parseMediaPlaylist } from '../../src/manifests/hls/media-playlist-reader.ts'
import { parseMultivariantPlaylist } from '../../src/manifests/hls/multivariant-playlist-reader.ts'
import { MalformedPlaylist } from '../../src/manifests/hls/playlist-error.ts'
import { kindOfPlaylist } from '../../src/manifests/hls/playlist-kind.ts'
import { MalformedMedia } from '../../src/media/bytes.ts'
import { id3TagSize, privateFrame, titleIn } from '../../src/media/id3.ts'
import { JpegProbe } from '../../src/media/jpeg.ts'
import { readCmafFragments, readCmafHeader } from '../../src/media/mp4/cmaf.ts'
import { demuxPackedAudio, PackedAudioProbe } from '../../src/media/packed-audio.ts'
import { readSpliceInfo } from '../../src/media/scte35/splice-info.ts'
import { allSteps } from '../../src/media/steps.ts'
import { filterTs } from '../../src/media/ts/filter.ts'
import { TsProbe } from '../../src/media/ts/probe.ts'
import { encryptSamples, NoSampleAes } from '../../src/media/ts/sample-aes.ts'
import { parseCueText } from '../../src/media/webvtt/cue-text.ts'
import { WebVttProbe } from '../../src/media/webvtt/probe.ts'
import { readWebVtt } from '../../src/media/webvtt/reader.ts'
import { beginOfFragment, beginsOfTs } from '../../src/self-check/begins.ts'
import { corpusBytes } from './corpus.ts'
import { demux } from './demuxed.ts'

/** Of the track whose fragments are read. */
const HEADER = corpusBytes('header.mp4')

/** Bytes pushed at a time: no multiple of a packet, a frame or a line. */
const CHUNK = 1000

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8')
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

/** Stands for AES, which is no code of ours. */
const INVERTING = {
  encrypt: (_: Uint8Array, blocks: Uint8Array) => blocks.map((byte) => ~byte),
  iv: new Uint8Array(16),
}

/** Every reader of bytes from outside, with a few words on what it made of them. It throws what it refuses. */
const READERS = {
  'ts probe': (bytes) => {
    const { tracks, keyFrames, continuityErrors = 0, ...more } = probed(new TsProbe(), bytes)
    const { messages = [], badMessages = {} } = more
    const bad = sum(Object.values(badMessages))
    const splices = messages.length + bad > 0 ? `, ${messages.length} messages, ${bad} bad` : ''
    const kinds = tracks.map(({ kind }) => kind).join(' ')
    return `${kinds}, ${keyFrames.length} key frames, ${continuityErrors} errors${splices}`
  },
  'ts demux': (bytes) => {
    const { tracks, events, dropped, continuityErrors } = demux(bytes)
    const samples = tracks.map(({ samples: { count } }) => count)
    return `${samples.join(' ')} samples, ${events.length} tags, ${dropped} dropped, ${continuityErrors} errors`
  },
  'ts filter': (bytes) => `${filterTs([bytes], () => true).length} bytes`,
  'ts encryption': (bytes) => `${sum(encryptSamples([bytes], INVERTING).map(({ length }) => length))} bytes`,
  'ts begins': (bytes) => {
    const { video, audio } = beginsOfTs(bytes)
    return `video at ${video?.time}, audio at ${audio?.time}`
  },
  'fragment begin': (bytes) => `at ${beginOfFragment(bytes, HEADER)?.time}`,
  'splice info': (bytes) => {
    const info = readSpliceInfo(bytes)
    return typeof info === 'string' ? `problem: ${info}` : `${info.signals.length} signals`
  },
  'packed audio probe': (bytes) => {
    const { firstPts, continuityErrors = 0 } = probed(new PackedAudioProbe(), bytes)
    return `from ${firstPts}, ${continuityErrors} errors`
  },
  'packed audio demux': (bytes) => `${demuxPackedAudio(bytes)?.samples.count ?? 0} samples`,
  id3: (bytes) => {
    const size = id3TagSize(bytes, 0, bytes.length)
    const content = privateFrame(bytes, 'com.apple.streaming.transportStreamTimestamp')
    const title = titleIn(bytes)
    if (size === 0 && !content && title === undefined) return 'no tag'
    return `tag of ${size} bytes, ${content ? 'a' : 'no'} timestamp${title === undefined ? '' : ', a title'}`
  },
  'jpeg probe': (bytes) => {
    const [{ width, height }] = probed(new JpegProbe(), bytes).tracks
    return `${width}x${height}`
  },
  'webvtt probe': (bytes) => probed(new WebVttProbe(), bytes).container,
  webvtt: (bytes) => {
    const { cues, malformed } = readWebVtt(bytes)
    const nodes = sum(cues.map((cue) => parseCueText(cue.text).length))
    return `${cues.length} cues, ${nodes} nodes, ${malformed} malformed`
  },
  'playlist kind': (bytes) => kindOfPlaylist(text(bytes)),
  'media playlist': (bytes) => `${parseMediaPlaylist(text(bytes)).segments.length} segments`,
  'multivariant playlist': (bytes) => `${parseMultivariantPlaylist(text(bytes)).variants.length} variants`,
  'source playlist': (bytes) => {
    const place = { name: 'channel.m3u8', folder: '/in/v2/c/c/', host: 'origin.example' }
    const read = readSourcePlaylist(text(bytes), place, 20)
    return read.kind === 'parent' ? `${read.streams.length} streams` : `${read.playlist.segments.length} segments`
  },
  'cmaf header': (bytes) => `track ${readCmafHeader(bytes).id}`,
  'cmaf fragments': (bytes) => `${readCmafFragments(bytes).length} fragments`,
  'segment inspection': (bytes) => {
    const inspection = new SegmentInspection({ name: 'segment', maxTracks: 8 })
    for (const chunk of chunks(bytes)) inspection.push(chunk)
    const found = inspection.end(bytes.length)
    return 'problem' in found ? `problem: ${found.problem}` : found.probe.container
  },
  'key answer': (bytes) => {
    const { keys, systems } = readCpixAnswer(allSteps(readXml(bytes)))
    return `${keys.length} keys, ${systems.length} systems`
  },
} satisfies Record<string, (bytes: Uint8Array) => string>

export type Reader = keyof typeof READERS

export const ALL_READERS = Object.keys(READERS) as Reader[]

const REFUSALS = [MalformedCpix, MalformedXml, MalformedMedia, MalformedPlaylist, NoSampleAes, Refusal]

/** What a reader makes of bytes. Throws what it refuses. */
export function readBy(reader: Reader, bytes: Uint8Array): string {
  return READERS[reader](bytes)
}

/** What a reader makes of bytes, or the name of its error and what that says. Throws what is no refusal. */
export function outcomeOf(reader: Reader, bytes: Uint8Array): string {
  try {
    return READERS[reader](bytes)
  } catch (error) {
    const isRefusal = REFUSALS.some((kind) => error instanceof kind)
    if (!isRefusal) throw error
    const { name, message } = error as Error
    return `${error instanceof Refusal ? error.code : name}: ${message}`
  }
}

function probed<Probe extends { push(chunk: Uint8Array): void; end(): Found }, Found>(
  probe: Probe & { end(): Found },
  bytes: Uint8Array,
): Found {
  for (const chunk of chunks(bytes)) probe.push(chunk)
  return probe.end()
}

function* chunks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK)
}

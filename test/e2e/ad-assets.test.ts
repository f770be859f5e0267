/** Ad breaks in assets that begin in one and end in another; endpoints without markers, to which they are nothing. */
import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { CreateOriginEndpointCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import hlsParser from 'hls-parser'
import { parse as parseMpd } from 'mpd-parser'
import { segmentation, spliceInsert, spliceSection, timeSignal } from '../fixtures/splice-messages.ts'
import { packed, withSplices } from '../fixtures/splice-packets.ts'
import { type Counters, firstPicture, readMultiplex, writeMultiplex } from '../fixtures/transport-stream.ts'
import {
  createChannel,
  createHarvestJob,
  createHlsEndpoint,
  harvestOutcome,
  mediaPackage,
  type Window,
} from '../judges/aws.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { type Nginx, startNginx } from '../judges/nginx.ts'
import { Player } from '../judges/player.ts'
import { fetchBytes, servedPlaylists } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { judgedSplices } from '../judges/splices.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg', 'nginx', 'chromium', 'tshark')

const SEGMENTS = 20
const TICKS = 90_000
const WRAP = 2 ** 33
const SPLICE_PID = 0x1f4
/** A whole minute, an hour ago. */
const FIRST_DATE = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000
const dateOf = (seconds: number) => new Date(FIRST_DATE + seconds * 1000).toISOString()
/** Begins in the first break and ends in the last, which is longer than the programme. */
const WINDOW: Window = { startTime: dateOf(4), endTime: dateOf(14) }
const BREAKS = [
  { id: 21, start: 3, end: 6 },
  { id: 22, start: 7, end: 12 },
  { id: 23, start: 13, end: 43 },
]

/** Messages by the segment in which they are sent. */
function messages(zero: number): Readonly<Record<number, Buffer>> {
  const at = (seconds: number) => zero + seconds * TICKS
  const insert = (id: number, seconds: number, length: number) => {
    const planned = { autoReturn: true, duration: length * TICKS }
    return spliceSection({ command: spliceInsert({ id, isOut: true, at: at(seconds), break: planned }) })
  }
  return {
    1: insert(21, 3, 3),
    5: spliceSection({
      command: timeSignal(at(7)),
      descriptors: [segmentation({ id: 22, typeId: 0x30, duration: 5 * TICKS, restrictions: [0, 1, 1, 3] })],
    }),
    10: insert(23, 13, 30),
  }
}

/** The rendition with a PID for messages, and these on it. */
function signalling(rendition: LoopRendition, sections: Readonly<Record<number, Buffer>>, sent: Buffer[]) {
  const counters: Counters = new Map()
  return {
    ...rendition,
    segment(number: number) {
      const own = sections[number] ? [sections[number]] : []
      const packets = packed(own, { pid: SPLICE_PID, before: 3 })
      const multiplex = readMultiplex(rendition.segment(number))
      const segment = writeMultiplex(withSplices(multiplex, packets, { pids: [SPLICE_PID] }), counters)
      sent.push(segment)
      return segment
    },
  }
}

/** Lists a break by tags as well. */
class TaggingPusher extends Pusher {
  override playlist(rendition: string, last: number, ended = false): Buffer {
    const text = super.playlist(rendition, last, ended).toString()
    return Buffer.from(text.replace(/#EXTINF:.*\n.*-00009\.ts/, '#EXT-X-CUE-OUT:2.000\n$&'))
  }
}

type Format = 'hls' | 'cmaf' | 'dash'
const FORMATS: readonly Format[] = ['hls', 'cmaf', 'dash']

async function createEndpoints(client: MediaPackageClient, channel: string, hasMarkers: boolean) {
  const common = { SegmentDurationSeconds: 4 }
  const id = (format: Format) => `${channel}-${format}${hasMarkers ? '-marked' : ''}`
  const AdMarkers = hasMarkers ? 'DATERANGE' : 'NONE'
  const create = async (format: Format, settings: object) => {
    const endpoint = { ChannelId: channel, Id: id(format), StartoverWindowSeconds: 86_400, ...settings }
    return client.send(new CreateOriginEndpointCommand(endpoint))
  }
  const HlsManifests = [{ Id: 'm', ProgramDateTimeIntervalSeconds: 1, AdMarkers }]
  const PeriodTriggers = hasMarkers ? ['ADS'] : []
  const { CmafPackage } = await create('cmaf', { CmafPackage: { ...common, SegmentPrefix: 'tv', HlsManifests } })
  const { Url } = await create('dash', { DashPackage: { ...common, PeriodTriggers } })
  return {
    hls: await createHlsEndpoint(client, channel, id('hls'), { ...common, AdMarkers }),
    cmaf: CmafPackage!.HlsManifests![0]!.Url!,
    dash: Url!,
  }
}

/** Without what names a version of the endpoint. */
const unversioned = (text: string) => text.replaceAll(/\?m=\d+/g, '')

describe('ad breaks of the source', () => {
  let windrow: Windrow
  let player: Player
  let nginx: Nginx
  let client: MediaPackageClient
  let marked: Record<Format, string>
  let plain: Record<Format, string>
  let quiet: Record<Format, string>
  const sent: Buffer[] = []

  before(async () => {
    windrow = await Windrow.start()
    player = await Player.start()
    client = mediaPackage(windrow)
    nginx = await startNginx(`root ${windrow.bucketFolder('clips')}; add_header Access-Control-Allow-Origin *;`)
    const loop = await encodeLoop()
    const push = async (channel: string, sections: Readonly<Record<number, Buffer>>, Encoder: typeof Pusher) => {
      const ingest = await createChannel(client, channel)
      const renditions = loop.map((rendition, i) => signalling(rendition, i === 0 ? sections : {}, i === 0 ? sent : []))
      const pusher = new Encoder(ingest, renditions, FIRST_DATE)
      await pusher.pushParent()
      while (pusher.published < SEGMENTS) await pusher.pushNext()
      await pusher.end()
    }
    await push('quiet', {}, Pusher)
    quiet = await createEndpoints(client, 'quiet', false)
    sent.length = 0
    await push('ads', messages(firstPicture(loop[0]!.segment(0))), TaggingPusher)
    plain = await createEndpoints(client, 'ads', false)
    marked = await createEndpoints(client, 'ads', true)
    for (const url of [quiet, plain, marked].flatMap((urls) => Object.values(urls))) {
      await eventually(`the end of ${url}`, async () => {
        const { texts } = await presentation(url)
        return texts.every((text) => /#EXT-X-ENDLIST|type="static"/.test(text)) || undefined
      })
    }
  })
  after(async () => {
    await player?.stop()
    await nginx?.stop()
    await windrow?.stop()
  })

  it('are what is expected here, by tshark', async () => {
    const zero = firstPicture(sent[0]!)
    const told = (await judgedSplices(Buffer.concat(sent))).flatMap(({ signals }) => signals)
    const found = told.map((signal) => {
      assert.ok(!signal.isCancel)
      const start = ((signal.time! - zero + WRAP) % WRAP) / TICKS
      return { id: signal.id, start, end: start + signal.duration! / TICKS }
    })
    assert.deepEqual(found, BREAKS)
  })

  for (const format of FORMATS) {
    it(`are nothing to an endpoint without markers: ${format}`, async () => {
      const [own, other] = await Promise.all([plain, quiet].map((urls) => presentation(urls[format])))
      assert.deepEqual(own!.texts, other!.texts)
      assert.equal(own!.segments.length, other!.segments.length)
      for (const [i, segment] of own!.segments.entries()) {
        const media = format === 'hls' ? withoutPid(segment.bytes, SPLICE_PID) : segment.bytes
        assert.ok(media.equals(other!.segments[i]!.bytes), segment.url)
      }
    })
  }

  for (const [format, engine] of [
    ['hls', 'hls.js'],
    ['cmaf', 'shaka'],
    ['dash', 'dash.js'],
  ] as const) {
    it(`are in an asset that begins in one and ends in another, as in the window: ${format}`, async () => {
      const parent = format === 'dash' ? 'index.mpd' : 'index.m3u8'
      await createHarvestJob(client, format, `ads-${format}-marked`, WINDOW, 'clips', `${format}/${parent}`)
      assert.equal(await harvestOutcome(client, format), 'SUCCEEDED', windrow.log)
      const asset = `${nginx.url}/${format}/${parent}`
      const view = await presentation(`${marked[format]}?start=${WINDOW.startTime}&end=${WINDOW.endTime}`)
      const made = await presentation(asset)
      assert.deepEqual(made.texts, view.texts)
      assert.ok(view.segments.length >= 5)
      for (const [i, { url, bytes }] of made.segments.entries()) assert.ok(bytes.equals(view.segments[i]!.bytes), url)

      const { events } = await player.playToEnd(engine, asset, 4)
      const told = events.filter(({ scheme }) => scheme !== 'urn:scte:scte35:2013:bin')
      // hls.js tells of dates, and what ends behind the asset has none.
      const since = engine === 'hls.js' ? FIRST_DATE / 1000 + BREAKS[0]!.start : 0
      assert.deepEqual(
        told.map(({ id, start, end }) => [id, Number((start - since).toFixed(3)), Number((end - since).toFixed(3))]),
        BREAKS.map(({ id, start, end }) => {
          const isOver = engine !== 'hls.js' || end <= SEGMENTS
          return [`${id}`, start - BREAKS[0]!.start, isOver ? end - BREAKS[0]!.start : Infinity]
        }),
      )
    })
  }
})

type Presentation = {
  /** Its manifests, without the folders of files. */
  readonly texts: readonly string[]
  readonly segments: readonly { readonly url: string; readonly bytes: Buffer }[]
}

async function presentation(url: string): Promise<Presentation> {
  if (url.includes('.mpd')) {
    const text = (await fetchBytes(url)).toString()
    const { playlists, mediaGroups } = parseMpd(text, { manifestUri: url })
    const audio = Object.values(mediaGroups.AUDIO).flatMap((group) => Object.values(group))
    const all = [...playlists, ...audio.flatMap((each) => each.playlists)]
    const uris = all.flatMap(({ segments }) =>
      segments.flatMap(({ map, resolvedUri }) => [map.resolvedUri, resolvedUri]),
    )
    return { texts: [unversioned(text)], segments: await Promise.all([...new Set(uris)].map(fetched)) }
  }
  const listed = await servedPlaylists(url)
  const uris = listed.flatMap(({ url: base, text }) => {
    const { segments } = hlsParser.parse(text) as hlsParser.types.MediaPlaylist
    return segments.map(({ uri }) => `${new URL(uri, base)}`)
  })
  const texts = listed.map(({ text }) =>
    unversioned(text).replaceAll(/^[^#\n].*$|(?<=URI=")[^"]*/gm, (uri) => posix.basename(uri)),
  )
  return { texts, segments: await Promise.all(uris.map(fetched)) }
}

const fetched = async (url: string) => ({ url, bytes: await fetchBytes(url) })

const PACKET = 188

function withoutPid(ts: Buffer, pid: number): Buffer {
  const packets = Array.from({ length: ts.length / PACKET }, (_, i) => ts.subarray(i * PACKET, (i + 1) * PACKET))
  return Buffer.concat(packets.filter((packet) => (packet.readUInt16BE(1) & 0x1fff) !== pid))
}

/** SCTE-35 messages in what an encoder sends, as markers in what players read; tshark tells what the messages say. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CreateOriginEndpointCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import hlsParser from 'hls-parser'
import { segmentation, spliceInsert, spliceSection, timeSignal } from '../fixtures/splice-messages.ts'
import { packed, withSplices } from '../fixtures/splice-packets.ts'
import { firstPicture, readMultiplex, writeMultiplex } from '../fixtures/transport-stream.ts'
import { createChannel, createHlsEndpoint, harvested, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { type ServedPlaylist, servedPlaylists } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { judgedSplices } from '../judges/splices.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg', 'tshark')

const SEGMENTS = 18
const WRAP = 2 ** 33
const ADJUSTMENT = 183_780
/** A whole minute, an hour ago. */
const FIRST_DATE = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000
const dateOf = (seconds: number) => new Date(FIRST_DATE + seconds * 1000).toISOString()
const SPLICE_PID = 0x1f4

/** When segments begin, by the pictures of the first. */
let zero: number
/** pts_time of a moment in the stream, in seconds: pts_adjustment makes it that. */
const at = (seconds: number) => (zero + seconds * 90_000 - ADJUSTMENT + WRAP) % WRAP

const section = (command: ReturnType<typeof timeSignal>, descriptors: readonly Buffer[] = []) =>
  spliceSection({ command, descriptors, ptsAdjustment: ADJUSTMENT })
const out = (id: number, seconds: number, length: number) =>
  section(spliceInsert({ id, isOut: true, at: at(seconds), break: { autoReturn: true, duration: length * 90_000 } }))

/** The messages of each segment: a break, and its repetition; one that ends early; a programme with an ad in it. */
const messages = (): Readonly<Record<number, readonly Buffer[]>> => ({
  2: [out(4_000_000_001, 4, 4)],
  3: [out(4_000_000_001, 4, 4)],
  9: [out(5, 10, 6)],
  11: [section(spliceInsert({ id: 5, isOut: false, at: at(12) }))],
  12: [
    section(timeSignal(at(13)), [
      segmentation({ id: 70, typeId: 0x10, duration: 99 * 90_000 }),
      segmentation({
        id: 71,
        typeId: 0x30,
        duration: 2 * 90_000,
        restrictions: [0, 1, 1, 3],
        upid: [8, Buffer.from('0123456789abcdef', 'hex')],
      }),
    ]),
  ],
})

/** The rendition with messages in its segments. */
function signalling(rendition: LoopRendition, sent: Buffer[]): LoopRendition {
  const counters = new Map<number, number>()
  return {
    ...rendition,
    segment(number) {
      const multiplex = readMultiplex(rendition.segment(number))
      const packets = packed(messages()[number] ?? [], { pid: SPLICE_PID, before: 3 })
      const ts = writeMultiplex(withSplices(multiplex, packets, { pids: [SPLICE_PID] }), counters)
      sent[number] = ts
      return ts
    },
  }
}

describe('SCTE-35 messages of the source', () => {
  let windrow: Windrow
  let client: MediaPackageClient
  const urls: Record<string, string> = {}
  /** As tshark reads them: when each break begins and how long it is planned, in seconds of the stream. */
  let told: { readonly id: number; readonly seconds: number; readonly duration: number | undefined }[]

  before(async () => {
    windrow = await Windrow.start()
    client = mediaPackage(windrow)
    const loop = await encodeLoop()
    zero = firstPicture(loop[0]!.segment(0))
    const ingest = await createChannel(client, 'ads')
    const endpoint = (id: string, settings: Parameters<typeof createHlsEndpoint>[3]) =>
      createHlsEndpoint(client, 'ads', id, {
        SegmentDurationSeconds: 1,
        IncludeIframeOnlyStream: true,
        UseAudioRenditionGroup: true,
        ...settings,
      })
    urls['enhanced'] = await endpoint('enhanced', { AdMarkers: 'SCTE35_ENHANCED' })
    urls['none'] = await endpoint('none', {})
    urls['long'] = await endpoint('long', { AdMarkers: 'SCTE35_ENHANCED', SegmentDurationSeconds: 4 })
    const { CmafPackage } = await client.send(
      new CreateOriginEndpointCommand({
        ChannelId: 'ads',
        Id: 'cmaf',
        StartoverWindowSeconds: 86_400,
        CmafPackage: {
          SegmentDurationSeconds: 1,
          HlsManifests: [{ Id: 'ranges', ProgramDateTimeIntervalSeconds: 1, AdMarkers: 'DATERANGE' }],
        },
      }),
    )
    urls['ranges'] = CmafPackage!.HlsManifests![0]!.Url!
    const sent: Buffer[] = []
    const pusher = new Pusher(
      ingest,
      loop.map((rendition, i) => signalling(rendition, i === 0 ? sent : [])),
      FIRST_DATE,
    )
    await pusher.pushParent()
    while (pusher.published < SEGMENTS) {
      if (pusher.published === 6) {
        await windrow.kill()
        await windrow.start()
      }
      await pusher.pushNext()
    }
    pusher.close()
    await eventually('all segments', async () => {
      const [first] = await servedPlaylists(urls['enhanced']!)
      return first?.text.includes(dateOf(SEGMENTS - 1)) || undefined
    })
    const judged = await judgedSplices(Buffer.concat(sent))
    told = judged.flatMap(({ signals }) =>
      signals.flatMap((signal) => {
        if (signal.isCancel || signal.time === undefined) return []
        const seconds = ((signal.time - zero + WRAP) % WRAP) / 90_000
        return [
          { id: signal.id, seconds, duration: signal.duration === undefined ? undefined : signal.duration / 90_000 },
        ]
      }),
    )
  })
  after(() => windrow?.kill())

  const startOf = (id: number) => told.find((each) => each.id === id)!
  const isIFrames = ({ text }: ServedPlaylist) => text.includes('#EXT-X-I-FRAMES-ONLY')

  /** Cues by the number of the segment they stand before, as hls-parser reads them. */
  function cuesIn(text: string): Record<number, string> {
    const { segments } = hlsParser.parse(text) as hlsParser.types.MediaPlaylist
    const found = segments.flatMap(({ markers, programDateTime }) => {
      const cues = markers
        .map(({ type, duration }) => `${type} ${duration ?? ''}`.trim())
        .filter((each) => each !== 'RAW')
      const cont = markers.flatMap(({ value }) => (value?.includes('ElapsedTime') ? 'ON' : []))
      return cues.length + cont.length > 0
        ? [[(programDateTime!.getTime() - FIRST_DATE) / 1000, [...cues, ...cont].join()] as const]
        : []
    })
    return Object.fromEntries(found)
  }

  it('are breaks where they say, in every playlist but those of key frames', async () => {
    const [first, early, ad] = [startOf(4_000_000_001), startOf(5), startOf(71)]
    assert.deepEqual([first.seconds, first.duration, early.seconds, ad.seconds], [4, 4, 10, 13])
    const on = (from: number, to: number) =>
      Object.fromEntries(Array.from({ length: to - from - 1 }, (_, i) => [from + 1 + i, 'ON']))
    const expected = {
      4: 'OUT 4',
      ...on(4, 8),
      8: 'IN',
      10: 'OUT 6',
      ...on(10, 12),
      12: 'IN',
      13: 'OUT 2',
      ...on(13, 15),
      15: 'IN',
    }
    for (const listed of await servedPlaylists(urls['enhanced']!)) {
      assert.deepEqual(cuesIn(listed.text), isIFrames(listed) ? {} : expected, listed.url)
      if (isIFrames(listed)) continue
      assert.match(listed.text, /#EXT-OATCLS-SCTE35:.*\n#EXT-X-ASSET:CAID=0x0123456789ABCDEF\n#EXT-X-CUE-OUT:2\.000\n/)
    }
  })

  it('begin and end segments, however long these are otherwise', async () => {
    for (const listed of await servedPlaylists(urls['long']!)) {
      if (isIFrames(listed)) continue
      // What is not full is published once the encoder is silent.
      const { 15: _, ...cues } = cuesIn(listed.text)
      assert.deepEqual(cues, { 4: 'OUT 4', 8: 'IN', 10: 'OUT 6', 12: 'IN', 13: 'OUT 2' })
    }
  })

  it('are told of by nothing where an endpoint has no markers', async () => {
    for (const { text } of await servedPlaylists(urls['none']!)) assert.doesNotMatch(text, /SCTE35|CUE|DATERANGE/)
  })

  it('are date ranges with their exact times', async () => {
    for (const { text } of await servedPlaylists(urls['ranges']!)) {
      const { segments } = hlsParser.parse(text) as hlsParser.types.MediaPlaylist
      const ranges = [...text.matchAll(/#EXT-X-DATERANGE:ID="(\d+)",START-DATE="(.*?)",(.*)/g)].map(
        ([, id, date, rest]) => [id, date, rest!.replaceAll(/=0x\w+/g, '')],
      )
      assert.deepEqual(ranges, [
        ['4000000001', dateOf(4), 'PLANNED-DURATION=4.000,SCTE35-OUT'],
        ['4000000001', dateOf(4), `END-DATE="${dateOf(8)}",DURATION=4.000`],
        ['5', dateOf(10), 'PLANNED-DURATION=6.000,SCTE35-OUT'],
        ['5', dateOf(10), `END-DATE="${dateOf(12)}",DURATION=2.000,SCTE35-IN`],
        ['70', dateOf(13), 'PLANNED-DURATION=99.000,SCTE35-CMD'],
        ['71', dateOf(13), 'PLANNED-DURATION=2.000,SCTE35-OUT'],
        ['71', dateOf(13), `END-DATE="${dateOf(15)}",DURATION=2.000`],
      ])
      assert.ok(segments.length === SEGMENTS)
    }
  })

  it('go on in a window of the past that begins in a break, and in a harvest of it', async () => {
    const window = `start=${FIRST_DATE / 1000 + 6}&end=${FIRST_DATE / 1000 + 10}`
    for (const { text } of await servedPlaylists(`${urls['enhanced']}?${window}`)) {
      if (text.includes('I-FRAMES')) continue
      assert.deepEqual(cuesIn(text), { 6: 'ON', 7: 'ON', 8: 'IN' })
      assert.match(text, /CONT:ElapsedTime=2\.000,Duration=4\.000/)
    }
    for (const { text } of await servedPlaylists(`${urls['ranges']}?${window}`)) {
      assert.match(text, /MAP[^\n]*\n#EXT-X-DATERANGE:ID="4000000001",[^\n]*PLANNED-DURATION=4\.000[^\n]*\n/)
    }
    const folder = await harvested(windrow, {
      id: 'break',
      originEndpointId: 'enhanced',
      start: FIRST_DATE + 6000,
      end: FIRST_DATE + 15_500,
      file: 'index.m3u8',
      deliverables: [{ kind: 'HLS' }],
      report: true,
    })
    const text = readFileSync(join(folder, 'index_1.m3u8'), 'utf8')
    assert.deepEqual(cuesIn(text), {
      6: 'ON',
      7: 'ON',
      8: 'IN',
      10: 'OUT 6',
      11: 'ON',
      12: 'IN',
      13: 'OUT 2',
      14: 'ON',
      15: 'IN',
    })
    const { adEvents } = JSON.parse(readFileSync(join(folder, 'harvest.json'), 'utf8')) as { adEvents: object }
    const upid = { type: 8, hex: '0123456789abcdef' }
    assert.deepEqual(adEvents, [
      { id: 4_000_000_001, kind: 'splice', plannedSeconds: 4, startTime: dateOf(4), endTime: dateOf(8) },
      { id: 5, kind: 'splice', plannedSeconds: 6, startTime: dateOf(10), endTime: dateOf(12) },
      { id: 70, kind: 'segmentation', typeId: 0x10, plannedSeconds: 99, startTime: dateOf(13) },
      {
        id: 71,
        kind: 'segmentation',
        typeId: 0x30,
        upid,
        plannedSeconds: 2,
        startTime: dateOf(13),
        endTime: dateOf(15),
      },
    ])
  })
})

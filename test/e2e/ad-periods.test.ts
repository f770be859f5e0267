/** Breaks that an encoder announces by SCTE 35, as Periods and events of DASH, in the eyes of players. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CreateOriginEndpointCommand, type DashPackage } from '@aws-sdk/client-mediapackage'
import { createFile, MP4BoxBuffer } from 'mp4box'
import { parse } from 'mpd-parser'
import { fixture } from '../fixtures/catalogue.ts'
import { edited, isVideo } from '../fixtures/edits.ts'
import type { Fixture } from '../fixtures/fixture.ts'
import { segmentation, spliceInsert, spliceSection, timeSignal } from '../fixtures/splice-messages.ts'
import { packed, withSplices } from '../fixtures/splice-packets.ts'
import { readMultiplex } from '../fixtures/transport-stream.ts'
import { createChannel, createHarvestJob, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { Player } from '../judges/player.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { judgedSplices } from '../judges/splices.ts'
import { Windrow } from '../judges/windrow.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg', 'chromium', 'tshark')

const HOUR_MS = 3_600_000
const SPLICE_PID = 0x1f1
const TICKS = 90_000
const WRAP = 2 ** 33
const ADJUSTMENT = 183_780

/** By the segment with which each arrives: breaks on end, of which the last is longer than the programme. */
function messages(firstPts: number): Readonly<Record<number, Buffer>> {
  const at = (seconds: number) => (firstPts + seconds * TICKS - ADJUSTMENT + WRAP) % WRAP
  const insert = (id: number, start: number, seconds: number) =>
    spliceSection({
      command: spliceInsert({ id, isOut: true, at: at(start), break: { autoReturn: true, duration: seconds * TICKS } }),
      ptsAdjustment: ADJUSTMENT,
    })
  return {
    0: insert(11, 2, 2),
    1: spliceSection({
      command: timeSignal(at(4)),
      descriptors: [segmentation({ id: 12, typeId: 0x30, duration: 4 * TICKS, restrictions: [0, 1, 1, 3] })],
      ptsAdjustment: ADJUSTMENT,
    }),
    3: insert(13, 8, 20),
  }
}

/** What the players are to find, in seconds of the programme: as tshark reads the messages. */
type Expected = { readonly id: string; readonly start: number; readonly end: number }

describe('breaks that an encoder announces', () => {
  let windrow: Windrow
  let player: Player
  let made: Fixture
  let sections: Readonly<Record<number, Buffer>>
  let expected: Expected[]
  let begin: number
  const urls: Record<string, string> = {}

  before(async () => {
    const plain = await fixture('h264-aac')
    const [stream] = plain.streams as [Fixture['streams'][number]]
    const shown = readMultiplex(stream.segments[0]!.bytes).packets.filter(isVideo)
    const firstPts = Math.min(...shown.map(({ pts }) => pts!))
    sections = messages(firstPts)
    const segments = edited(stream.segments, (multiplex, n) => {
      const packets = sections[n] ? packed([sections[n]], { pid: SPLICE_PID, before: 20 }) : []
      return withSplices(multiplex, packets, { pids: [SPLICE_PID] })
    })
    made = { ...plain, streams: [{ ...stream, segments }] }
    const judged = await judgedSplices(Buffer.concat(segments.map(({ bytes }) => bytes)))
    expected = judged.flatMap(({ signals }) =>
      signals.map((signal) => {
        const { id, time = 0, duration = 0 } = signal as { id: number; time?: number; duration?: number }
        const start = (time - firstPts) / TICKS
        return { id: `${id}`, start, end: start + duration / TICKS }
      }),
    )
    windrow = await Windrow.start()
    player = await Player.start()
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'tv')
    const ads = { PeriodTriggers: ['ADS'], AdsOnDeliveryRestrictions: 'BOTH' } satisfies DashPackage
    const settings: Record<string, DashPackage> = {
      number: ads,
      time: { ...ads, SegmentTemplateFormat: 'TIME_WITH_TIMELINE', ManifestLayout: 'COMPACT' },
      plain: {},
    }
    for (const [id, DashPackage] of Object.entries(settings)) {
      const command = new CreateOriginEndpointCommand({
        ChannelId: 'tv',
        Id: id,
        StartoverWindowSeconds: 86_400,
        DashPackage: { SegmentDurationSeconds: 2, ...DashPackage },
      })
      urls[id] = (await client.send(command)).Url!
    }
    begin = Date.now() - HOUR_MS
    await pushFixture(ingest, made, begin)
  })
  after(async () => {
    await player?.stop()
    await windrow?.stop()
  })

  const read = async (id: string) => {
    const text = (await fetchBytes(urls[id]!)).toString()
    return { text, ...parse(text, { manifestUri: urls[id]! }) }
  }
  /** The CRC_32 of each section, in the order of their segments. */
  const messageIds = () => Object.values(sections).map((section) => section.readUInt32BE(section.length - 4))
  /** Rounded to milliseconds, in the order of their times. */
  const inOrder = (found: readonly Expected[]) =>
    found
      .map(({ id, start, end }) => [id, Number(start.toFixed(3)), Number(end.toFixed(3))] as const)
      .sort((a, b) => a[1] - b[1])

  it('are Periods of which each has an event with the time of its message', async () => {
    assert.deepEqual(
      expected.map(({ id }) => id),
      ['11', '12', '13'],
    )
    for (const id of ['number', 'time']) {
      const { text, eventStream = [] } = await read(id)
      assert.deepEqual(
        [...text.matchAll(/<Period id="\d+" start="PT([\d.]+)S" duration="PT([\d.]+)S"/g)].map(([, ...times]) => times),
        [
          ['0.000', '2.000'],
          ['2.000', '2.000'],
          ['4.000', '4.000'],
          ['8.000', '2.000'],
        ],
      )
      assert.deepEqual(inOrder(eventStream), inOrder(expected))
    }
  })

  it('are in the segments with which their messages arrived, whole', async () => {
    const { playlists } = await read('number')
    const uris = new Set(playlists.flatMap(({ segments }) => segments.map(({ resolvedUri }) => resolvedUri)))
    const found = await Promise.all([...uris].map(async (uri) => eventMessages(await fetchBytes(uri))))
    assert.deepEqual(
      found.map((all) => all.map(({ data }) => data.toString('hex'))),
      found.map((_, n) => (sections[n] ? [sections[n].toString('hex')] : [])),
    )
    assert.deepEqual(
      found.flat().map(({ scheme, value, id }) => [scheme, value, id]),
      messageIds().map((id) => ['urn:scte:scte35:2013:bin', '', id]),
    )
  })

  it('leave no trace where nobody asked for them', async () => {
    const { text, playlists, eventStream = [] } = await read('plain')
    assert.equal(text.match(/<Period /g)?.length, 1)
    assert.doesNotMatch(text, /scte35/)
    assert.deepEqual(eventStream, [])
    for (const { resolvedUri } of playlists.flatMap(({ segments }) => segments)) {
      assert.deepEqual(eventMessages(await fetchBytes(resolvedUri)), [])
    }
  })

  for (const [engine, id] of [
    ['shaka', 'number'],
    ['dash.js', 'time'],
  ] as const) {
    it(`are played through by ${engine}, which tells of them in their places`, async () => {
      const { duration, events } = await player.playToEnd(engine, urls[id]!, 2)
      assert.ok(Math.abs(duration - 10) < 0.2, `${duration} s`)
      const told = new Map([
        ['urn:scte:scte35:2013:xml', expected],
        ['urn:scte:scte35:2013:bin', expected.map((event, i) => ({ ...event, id: `${messageIds()[i]}` }))],
      ])
      for (const [scheme, all] of told) {
        const own = events.filter((event) => event.scheme === scheme)
        const distinct = [...new Map(own.map((event) => [event.id, event])).values()]
        assert.deepEqual(
          inOrder(distinct).map(([name, start]) => [name, start]),
          inOrder(all).map(([name, start]) => [name, start]),
          scheme,
        )
      }
    })
  }

  it('keep their ids in a window of the past, which begins with what is left of a break', async () => {
    const at = (seconds: number) => new Date(begin + seconds * 1000).toISOString()
    const url = `${urls['number']}?start=${at(6)}&end=${at(60)}`
    const text = (await fetchBytes(url)).toString()
    const ids = (mpd: string) => [...mpd.matchAll(/<Period id="(\d+)"/g)].map(([, id]) => id)
    assert.deepEqual(ids(text), ids((await read('number')).text).slice(2))
    assert.deepEqual(inOrder(parse(text, { manifestUri: url }).eventStream ?? []), [
      ['12', 0, 2],
      ['13', 2, 22],
    ])
  })

  it('are in assets', async () => {
    const window = { startTime: new Date(begin).toISOString(), endTime: new Date(begin + 60_000).toISOString() }
    const client = mediaPackage(windrow)
    await createHarvestJob(client, 'job', 'number', window, 'clips', 'tv/index.mpd')
    assert.equal(await harvestOutcome(client, 'job'), 'SUCCEEDED', windrow.log)
    const asset = readFileSync(join(windrow.bucketFolder('clips'), 'tv/index.mpd'), 'utf8')
    const { text } = await read('number')
    const inside = (mpd: string) => mpd.match(/<(Period|Event|scte35:).*/g)
    assert.deepEqual(inside(asset), inside(text))
  })
})

type EventMessage = { readonly scheme: string; readonly value: string; readonly id: number; readonly data: Buffer }

/** As mp4box reads them. */
function eventMessages(bytes: Uint8Array): EventMessage[] {
  const file = createFile()
  const buffer = new ArrayBuffer(bytes.length)
  new Uint8Array(buffer).set(bytes)
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(buffer, 0))
  const boxes = file.boxes as unknown as Record<string, unknown>[]
  return boxes
    .filter(({ type }) => type === 'emsg')
    .map((box) => ({
      scheme: String(box['scheme_id_uri']),
      value: String(box['value']),
      id: Number(box['id']),
      data: Buffer.from(box['message_data'] as Uint8Array),
    }))
}

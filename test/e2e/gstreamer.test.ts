/** GStreamer as a live encoder that sends SCTE 35, through the ingest; tshark tells what its messages say. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import hlsParser from 'hls-parser'
import { readMultiplex } from '../fixtures/transport-stream.ts'
import { createChannel, createHlsEndpoint, type Ingest, mediaPackage } from '../judges/aws.ts'
import { DigestClient } from '../judges/digest-client.ts'
import { fetchBytes, servedPlaylists } from '../judges/playlists.ts'
import { eventually, type Running, start, temporaryFolder } from '../judges/processes.ts'
import { judgedSplices } from '../judges/splices.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing, programPath } from '../programs.ts'

const { after, before, describe, it } = needing('gstreamer', 'tshark')

const SCRIPT = fileURLToPath(new URL('./gstreamer_encoder.py', import.meta.url))
const SECONDS = 15
const SPLICE_PID = 500
const NAME = 'channel_tv'
const WRAP = 2 ** 33
/** A millisecond, in ticks. */
const EXACT = 90

type Segment = hlsParser.types.MediaPlaylist['segments'][number]

describe('GStreamer as a live encoder with SCTE 35', () => {
  let windrow: Windrow
  let encoder: Running
  /** Of the source, in ticks modulo 2³³, as tshark reads them. */
  const told: Record<'out' | 'in', { readonly id: number; readonly time: number; readonly duration?: number }[]> = {
    out: [],
    in: [],
  }
  const urls: Record<string, string> = {}

  before(async () => {
    windrow = await Windrow.start()
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'tv')
    for (const AdMarkers of ['SCTE35_ENHANCED', 'DATERANGE'] as const) {
      urls[AdMarkers] = await createHlsEndpoint(client, 'tv', AdMarkers, { SegmentDurationSeconds: 1, AdMarkers })
    }
    const folder = temporaryFolder('gstreamer')
    encoder = start(programPath('gi'), [SCRIPT, folder, NAME, `${SECONDS}`, `${SPLICE_PID}`])
    const sent = await pushWhatIsMade(folder, ingest, encoder)
    const cancelled = new Set<number>()
    for (const { signals } of await judgedSplices(Buffer.concat(sent))) {
      for (const signal of signals) {
        if (signal.isCancel) cancelled.add(signal.id)
        else if (signal.kind === 'splice-insert') {
          const { id, isOut, time, duration } = signal
          told[isOut ? 'out' : 'in'].push({ id, time: time!, ...(duration !== undefined && { duration }) })
        }
      }
    }
    told.out = told.out.filter(({ id }) => !cancelled.has(id))
    await eventually('the end of the stream', async () => {
      const [first] = await servedPlaylists(urls['DATERANGE']!)
      return first?.text.includes('#EXT-X-ENDLIST') || undefined
    })
  })
  after(async () => {
    encoder?.child.kill('SIGKILL')
    await windrow?.stop()
  })

  async function listed(markers: string): Promise<{ text: string; segments: readonly Segment[]; firsts: number[] }> {
    const [{ url, text }] = (await servedPlaylists(urls[markers]!)) as [{ url: string; text: string }]
    const { segments } = hlsParser.parse(text) as hlsParser.types.MediaPlaylist
    const bytes = await Promise.all(segments.map(({ uri }) => fetchBytes(`${new URL(uri, url)}`)))
    return { text, segments, firsts: bytes.map(firstKeyFrame) }
  }

  it('says what was planned', async () => {
    const seconds = ({ id, duration = 0 }: { id: number; duration?: number }) => [id, duration / 90_000]
    assert.deepEqual(told.out.map(seconds), [
      [1001, 3],
      [1002, 0],
    ])
    assert.deepEqual(told.in.map(seconds), [
      [1001, 0],
      [1002, 0],
    ])
  })

  it('is one timeline to its end', async () => {
    const { text, segments } = await listed('DATERANGE')
    assert.equal(segments.length, SECONDS)
    assert.doesNotMatch(text, /#EXT-X-(DISCONTINUITY|GAP)/)
  })

  it('has its breaks before the segments whose key frames are at their times', async () => {
    const { segments, firsts } = await listed('SCTE35_ENHANCED')
    const found = segments.flatMap(({ markers }, i) =>
      markers.filter(({ type }) => type !== 'RAW').map(({ type, duration }) => ({ type, duration, time: firsts[i]! })),
    )
    const cues = [
      ...told.out.map(({ time, duration = 0 }) => ({ type: 'OUT', duration: duration / 90_000, time })),
      ...told.in.map(({ time }) => ({ type: 'IN', duration: undefined, time })),
    ].sort((a, b) => a.time - b.time)
    assert.deepEqual(
      found.map(({ type, duration }) => [type, duration]),
      cues.map(({ type, duration }) => [type, duration]),
    )
    for (const [i, { type, time }] of found.entries()) {
      assert.ok(
        Math.abs(time - cues[i]!.time) <= EXACT,
        `${type}: a key frame at ${time}, a message for ${cues[i]!.time}`,
      )
    }
  })

  it('has date ranges that begin with the key frames, and end with them', async () => {
    const { text, segments, firsts } = await listed('DATERANGE')
    const dateOf = (time: number) => {
      const at = firsts.findIndex((first) => Math.abs(first - time) <= EXACT)
      return segments[at]!.programDateTime!.getTime()
    }
    const ranges = [...text.matchAll(/#EXT-X-DATERANGE:ID="(\d+)",START-DATE="(.*?)"(?:,END-DATE="(.*?)")?/g)]
    assert.deepEqual(
      ranges.map(([, id, , end]) => [id, end !== undefined]),
      [
        ['1001', false],
        ['1001', true],
        ['1002', false],
        ['1002', true],
      ],
    )
    for (const [, id, start, end] of ranges) {
      const [out, back] = [told.out, told.in].map((all) => all.find((each) => `${each.id}` === id)!.time)
      assert.ok(Math.abs(Date.parse(start!) - dateOf(out!)) <= 1, `${id} begins at ${start}`)
      if (end !== undefined) assert.ok(Math.abs(Date.parse(end) - dateOf(back!)) <= 1, `${id} ends at ${end}`)
    }
  })
})

/** Puts segments, and then the playlist that lists them, whenever the encoder has written it; gives the segments. */
async function pushWhatIsMade(folder: string, ingest: Ingest, encoder: Running): Promise<readonly Buffer[]> {
  const client = new DigestClient(ingest.username, ingest.password)
  const put = async (name: string, body: Buffer) => {
    const { status, body: said } = await client.send('PUT', `${new URL(name, ingest.url)}`, { body })
    assert.equal(status, 201, said)
  }
  await put('channel.m3u8', Buffer.from(`#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000\n${NAME}.m3u8\n`))
  const playlist = join(folder, `${NAME}.m3u8`)
  const pushed = new Map<string, Buffer>()
  const pushNew = async () => {
    if ((encoder.child.exitCode ?? 0) !== 0) assert.fail(`GStreamer has failed: ${encoder.said()}`)
    const text = existsSync(playlist) ? readFileSync(playlist, 'utf8') : ''
    const made = [...text.matchAll(/^[^#\s].*$/gm)].map(([file]) => file).filter((file) => !pushed.has(file))
    for (const file of made) {
      const segment = readFileSync(join(folder, file))
      await put(file, segment)
      pushed.set(file, segment)
    }
    if (made.length > 0) await put(`${NAME}.m3u8`, Buffer.from(text))
    return text.includes('#EXT-X-ENDLIST') || undefined
  }
  await eventually('the last playlist', pushNew, () => pushed.size)
  client.close()
  return [...pushed.values()]
}

function firstKeyFrame(segment: Buffer): number {
  const [first] = readMultiplex(segment).packets.filter(({ streamId }) => streamId >> 4 === 0xe)
  assert.ok(first?.randomAccess)
  return first.pts! % WRAP
}

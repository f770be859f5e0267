import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CreateOriginEndpointCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import hlsParser from 'hls-parser'
import { Parser as M3u8Parser } from 'm3u8-parser'
import { createChannel, createHarvestJob, createHlsEndpoint, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { renditionsOf, type ServedPlaylist, servedPlaylists } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher, segmentName } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg')

hlsParser.setOptions({ strictMode: true })

const SEGMENTS = 14
const PAYLOAD = '/DAlAAAAAAAAAP/wFAUAAAABf+/+LRQrAP4BI9MIAAEBAQAAfxV6SQ=='
/** A whole minute, an hour ago. */
const FIRST_DATE = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000
const dateOf = (number: number) => new Date(FIRST_DATE + number * 1000).toISOString()

const opening = `#EXT-X-DATERANGE:ID="7",START-DATE="${dateOf(4)}",PLANNED-DURATION=6.0,SCTE35-OUT=0xFC3020,URI="https://ads.example/é"`
const closing = `#EXT-X-DATERANGE:ID="7",START-DATE="${dateOf(4)}",DURATION=6.0,SCTE35-IN=0xFC3021`

/** A break of six segments in the three dialects at once, with a restart of the server in the middle of it. */
const TAGS: Readonly<Record<number, readonly string[]>> = {
  4: [opening, `#EXT-OATCLS-SCTE35:${PAYLOAD}`, '#EXT-X-ASSET:CAID=0x0000000020FB6501', '#EXT-X-CUE-OUT:6.000'],
  ...Object.fromEntries(
    [5, 6, 7, 8, 9].map((n) => [n, [`#EXT-X-CUE-OUT-CONT:ElapsedTime=${n - 4}.000,Duration=6,SCTE35=${PAYLOAD}`]]),
  ),
  10: [closing, '#EXT-X-CUE-IN'],
  12: ['#EXT-X-CUE-OUT:DURATION=1', '#EXT-X-CUE:TYPE="SpliceOut",ID=1,TIME=1,DURATION=1'],
}

/** Lists segments with the tags before them. */
class TaggingPusher extends Pusher {
  /** Segments whose tags are not known yet. */
  readonly untagged = new Set<number>()

  override playlist(rendition: string, last: number, ended = false): Buffer {
    const text = super.playlist(rendition, last, ended).toString()
    const tagged = text.replaceAll(/#EXT-X-PROGRAM.*\n#EXTINF.*\n.*-(\d{5})\.ts/g, (segment, digits: string) => {
      const tags = this.untagged.has(Number(digits)) ? [] : (TAGS[Number(digits)] ?? [])
      return [...tags, segment].join('\n')
    })
    return Buffer.from(`${tagged}#EXT-X-DATERANGE:ID="behind",START-DATE="${dateOf(99)}"\n`)
  }

  /** Lists a segment without its tags before it puts it, and with them before the second rendition has it. */
  async pushTaggedLater(number: number): Promise<void> {
    const [first, ...others] = this.renditions as [LoopRendition, ...LoopRendition[]]
    this.untagged.add(number)
    await this.pushPlaylist(first.name, number)
    await this.put(segmentName(first.name, number), first.segment(number))
    this.untagged.delete(number)
    await this.pushPlaylist(first.name, number)
    for (const { name, segment } of others) {
      await this.put(segmentName(name, number), segment(number))
      await this.pushPlaylist(name, number)
    }
    this.published = number + 1
  }
}

describe('ad tags of the source', () => {
  let windrow: Windrow
  let client: MediaPackageClient
  const urls: Record<'ts' | 'long' | 'none' | 'cmaf' | 'cmafNone', string> = {
    ts: '',
    long: '',
    none: '',
    cmaf: '',
    cmafNone: '',
  }

  /** What the first rendition lists in the middle of the break. */
  let early: string

  const listedTo = (number: number) =>
    eventually(`segment ${number}`, async () => {
      const [first] = await servedPlaylists(urls.ts)
      return first?.text.includes(dateOf(number)) ? first.text : undefined
    })

  before(async () => {
    windrow = await Windrow.start()
    client = mediaPackage(windrow)
    const loop = await encodeLoop()
    const ingest = await createChannel(client, 'ads')
    const endpoint = (id: string, settings: Parameters<typeof createHlsEndpoint>[3]) =>
      createHlsEndpoint(client, 'ads', id, { SegmentDurationSeconds: 1, IncludeIframeOnlyStream: true, ...settings })
    urls.ts = await endpoint('ts', { AdMarkers: 'PASSTHROUGH', UseAudioRenditionGroup: true, PlaylistType: 'EVENT' })
    urls.long = await endpoint('long', {
      AdMarkers: 'PASSTHROUGH',
      SegmentDurationSeconds: 4,
      ProgramDateTimeIntervalSeconds: 0,
    })
    urls.none = await endpoint('none', {})
    const manifest = { ProgramDateTimeIntervalSeconds: 1, IncludeIframeOnlyStream: true }
    const { CmafPackage } = await client.send(
      new CreateOriginEndpointCommand({
        ChannelId: 'ads',
        Id: 'cmaf',
        StartoverWindowSeconds: 86_400,
        CmafPackage: {
          SegmentDurationSeconds: 1,
          HlsManifests: [
            { Id: 'tags', ...manifest, AdMarkers: 'PASSTHROUGH' },
            { Id: 'none', ...manifest },
          ],
        },
      }),
    )
    ;[urls.cmaf, urls.cmafNone] = (CmafPackage?.HlsManifests ?? []).map(({ Url }) => Url!) as [string, string]
    const pusher = new TaggingPusher(ingest, loop, FIRST_DATE)
    await pusher.pushParent()
    while (pusher.published < SEGMENTS) {
      if (pusher.published === 6) {
        await windrow.kill()
        await windrow.start()
      }
      if (pusher.published === 7) early = await listedTo(6)
      if (pusher.published === 8) await pusher.pushTaggedLater(8)
      else await pusher.pushNext()
    }
    pusher.close()
    await listedTo(SEGMENTS - 1)
  })
  after(() => windrow?.kill())

  const MARKER = /^#EXT-(OATCLS|X-(ASSET|CUE|DATERANGE))/
  /** By the number of the first source segment in it, what stands before an output segment. */
  const tagsIn = (text: string): Record<number, string[]> => {
    const found: Record<number, string[]> = {}
    let at = 0
    for (const part of text.split(/^[^#\n].*\n/m)) {
      const lines = part.split('\n').filter((line) => MARKER.test(line))
      if (lines.length > 0) found[Math.round(at)] = lines
      at += Number(/#EXTINF:([\d.]+)/.exec(part)?.[1] ?? 0)
    }
    return found
  }
  const isIFrames = ({ text }: ServedPlaylist) => text.includes('#EXT-X-I-FRAMES-ONLY')

  function assertTags(listed: readonly ServedPlaylist[], expected: Readonly<Record<number, readonly string[]>>): void {
    assert.deepEqual([listed.length, listed.filter(isIFrames).length], [4, 1])
    for (const each of listed) {
      hlsParser.parse(each.text)
      assert.deepEqual(tagsIn(each.text), isIFrames(each) ? {} : expected, each.url)
    }
  }

  for (const format of ['ts', 'cmaf'] as const) {
    it(`come out once, in front of their segments, in every playlist but those of key frames: ${format}`, async () => {
      assertTags(await servedPlaylists(urls[format]), TAGS)
    })
  }

  it('are read by others as they were meant', async () => {
    const [{ text }] = (await servedPlaylists(urls.ts)) as [ServedPlaylist]
    const { segments } = hlsParser.parse(text) as hlsParser.types.MediaPlaylist
    const cues = segments.map(({ markers }) => markers.map(({ type, duration }) => `${type} ${duration ?? ''}`.trim()))
    assert.deepEqual([cues[4], cues[10], cues[12]], [['RAW', 'RAW', 'OUT 6'], ['IN'], ['OUT 1', 'RAW']])
    assert.deepEqual(
      segments.flatMap(({ dateRange, mediaSequenceNumber, programDateTime }) =>
        dateRange
          ? [[dateRange.id, mediaSequenceNumber - segments[0]!.mediaSequenceNumber, programDateTime?.toISOString()]]
          : [],
      ),
      [
        ['7', 4, dateOf(4)],
        ['7', 10, dateOf(10)],
      ],
    )
    const parser = new M3u8Parser()
    parser.push(text)
    parser.end()
    const { manifest } = parser
    assert.deepEqual(
      manifest.segments.flatMap(({ cueOut, cueIn, cueOutCont }, i) =>
        cueOut !== undefined ? `${i} out ${cueOut}` : cueIn !== undefined ? `${i} in` : cueOutCont ? `${i} on` : [],
      ),
      ['4 out 6.000', '5 on', '6 on', '7 on', '8 on', '9 on', '10 in', '12 out DURATION=1'],
    )
    assert.deepEqual(
      manifest.dateRanges?.map(({ id, plannedDuration }) => [id, plannedDuration]),
      [['7', 6]],
    )
  })

  it('are in front of their segments where output segments are longer: those begin there, but where a break only goes on, and with a date range have a date', async () => {
    const [{ text }] = (await servedPlaylists(urls.long)) as [ServedPlaylist]
    const rangesFirst = (lines: readonly string[]) => {
      const isRange = (line: string) => line.includes('DATERANGE')
      return [...lines.filter(isRange), ...lines.filter((line) => !isRange(line))]
    }
    // The last segments wait for those that follow.
    const listed = Object.entries(TAGS).filter(([n]) => [4, 8, 10].includes(Number(n)))
    const expected = listed.map(([n, lines]) => [n, rangesFirst(lines)])
    assert.deepEqual(tagsIn(text), Object.fromEntries(expected))
    const durations = [...text.matchAll(/#EXTINF:([\d.]+)/g)].map(([, seconds]) => Math.round(Number(seconds)))
    assert.deepEqual(durations, [4, 4, 2, 2])
    assert.match(text, /#EXT-X-TARGETDURATION:4\n/)
    assert.deepEqual(
      [...text.matchAll(/PROGRAM-DATE-TIME:(.*)/g)].map(([, date]) => date),
      [dateOf(4), dateOf(10)],
    )
  })

  it('never change where a playlist only grows', async () => {
    const [{ text }] = (await servedPlaylists(urls.ts)) as [ServedPlaylist]
    assert.deepEqual(Object.keys(tagsIn(early)), ['4', '5', '6'])
    assert.ok(text.startsWith(early), `${early}\n${text}`)
  })

  it('are not there where nobody asked for them', async () => {
    for (const url of [urls.none, urls.cmafNone]) {
      for (const { text } of await servedPlaylists(url)) assert.deepEqual(tagsIn(text), {})
    }
  })

  it('are in windows of the past, and in assets', async () => {
    const [from, to] = [3, 11]
    const expected = Object.fromEntries(
      Object.entries(TAGS).flatMap(([n, lines]) =>
        Number(n) >= from && Number(n) < to ? [[Number(n) - from, lines]] : [],
      ),
    )
    const window = { startTime: dateOf(from), endTime: dateOf(to) }
    for (const url of [urls.ts, urls.cmaf]) {
      assertTags(await servedPlaylists(`${url}?start=${window.startTime}&end=${window.endTime}`), expected)
    }
    for (const id of ['ts', 'cmaf']) {
      await createHarvestJob(client, `${id}-job`, id, window, 'clips', `${id}/index.m3u8`)
      assert.equal(await harvestOutcome(client, `${id}-job`), 'SUCCEEDED', windrow.log)
      const folder = join(windrow.bucketFolder('clips'), id)
      const parent = readFileSync(join(folder, 'index.m3u8'), 'utf8')
      const files = renditionsOf(parent, 'file:///index.m3u8').map(({ url }) => ({
        url,
        text: readFileSync(join(folder, decodeURIComponent(new URL(url).pathname)), 'utf8'),
      }))
      assertTags(files, expected)
    }
  })

  it('are no habit of an encoder that lists them in time', () => {
    assert.doesNotMatch(windrow.log, /ad-tags/)
  })
})

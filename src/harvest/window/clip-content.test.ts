import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { archiveOf, at } from '../../../test/harvest/sample-harvest.ts'
import { sampleEncryption } from '../../../test/keys/sample-encryption.ts'
import { dashEndpoint, hlsEndpoint, mssEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { ticks, type UtcRange } from '../../media/time.ts'
import { objectsOf } from '../../model/output-segment.ts'
import { type ClipContent, type ClipRequest, clipContent } from './clip-content.ts'

/** Of six seconds, from noon on. */
const SEGMENTS = 100
const END = SEGMENTS * 6
const span = (start: number, end: number): UtcRange => ({ start: at(start), end: at(end) })
const hour = { startoverWindowSeconds: 3600 }
const HLS = hlsEndpoint(
  {},
  { ...hour, id: 'hls', guid: '1'.repeat(32), whitelist: ['10.0.0.0/8'], timeDelaySeconds: 9 },
)
const DASH = dashEndpoint({}, { ...hour, id: 'dash', guid: '2'.repeat(32) })

const contentOf = (asked: UtcRange, more: Partial<ClipRequest> = {}, archive = archiveOf(SEGMENTS)) =>
  clipContent({ endpoints: [HLS], span: asked, now: at(END + 60), ...more }, archive)
const kindsOf = ({ sources }: ClipContent) => sources.map(({ endpoint, kinds }) => [endpoint.id, ...kinds])
const refused = (asked: UtcRange, message: RegExp, more: Partial<ClipRequest> = {}, archive = archiveOf(SEGMENTS)) =>
  assert.rejects(contentOf(asked, more, archive), { name: 'RuleViolation', message })

describe('what a clip is made of', () => {
  it('comes for each format from an endpoint that has it, or from the first', async () => {
    assert.deepEqual(kindsOf(await contentOf(span(60, 90))), [['hls', 'HLS', 'CMAF', 'DASH', 'MSS', 'MP4']])
    const both = await contentOf(span(60, 90), { endpoints: [HLS, DASH, mssEndpoint({}, { ...hour, id: 'mss' })] })
    assert.deepEqual(kindsOf(both), [
      ['hls', 'HLS', 'CMAF', 'MP4'],
      ['dash', 'DASH'],
      ['mss', 'MSS'],
    ])
    const { whitelist, timeDelaySeconds } = both.sources[0]!.endpoint
    assert.deepEqual([whitelist, timeDelaySeconds], [[], 0])
  })

  it('comes for each format from an encrypted endpoint that serves it, or from one in the clear, or from none', async () => {
    const encryption = sampleEncryption('AES_128')
    const encrypted = hlsEndpoint({ encryption }, { ...hour, id: 'encrypted', guid: '3'.repeat(32) })
    assert.deepEqual(kindsOf(await contentOf(span(60, 90), { endpoints: [encrypted] })), [['encrypted', 'HLS']])
    assert.deepEqual(kindsOf(await contentOf(span(60, 90), { endpoints: [encrypted, DASH] })), [
      ['encrypted', 'HLS'],
      ['dash', 'CMAF', 'DASH', 'MSS', 'MP4'],
    ])
    const others = { ...dashEndpoint({ encryption: sampleEncryption('CENC') }, hour), id: 'other' }
    assert.deepEqual(kindsOf(await contentOf(span(60, 90), { endpoints: [encrypted, others] })), [
      ['encrypted', 'HLS'],
      ['other', 'DASH'],
    ])
  })

  it('is what endpoints have kept: of those whose startover window is too short, nothing', async () => {
    const short = hlsEndpoint({}, { id: 'short', startoverWindowSeconds: 120 })
    const endpoints = [short, DASH]
    assert.deepEqual(kindsOf(await contentOf(span(500, 590), { endpoints })), [
      ['short', 'HLS', 'CMAF', 'MSS', 'MP4'],
      ['dash', 'DASH'],
    ])
    assert.deepEqual(kindsOf(await contentOf(span(400, 590), { endpoints }))[0]?.[0], 'dash')
    const message = /startover window.*the nearest window that works is .*T12:08:10\.000Z to .*T12:10:00\.000Z$/
    await refused(span(400, 590), message, { endpoints: [short] })
  })

  it('counts the bytes of the segments that its window touches', async () => {
    const archive = archiveOf(SEGMENTS)
    const shown = archive.window!.segments.slice(10, 15)
    const size = shown.flatMap(({ slots }) => slots.flatMap(objectsOf)).reduce((sum, each) => sum + each.size, 0)
    const { bytes, pinned } = await contentOf(span(61, 89), {}, archive)
    assert.equal(bytes, size)
    assert.deepEqual(pinned, span(61, 89))
  })

  it('has what is shown of a locked input by the dates of that', async () => {
    const archive = archiveOf(SEGMENTS)
    const { window } = archive
    const shifts = new Map([
      [11, 4000],
      [12, -7000],
      [90, 60_000],
    ])
    const segments = window!.segments.map((segment) => {
      const ms = shifts.get(segment.number)
      return ms === undefined ? segment : { ...segment, shift: { ticks: ticks(0), ms } }
    })
    archive.window = { ...window!, segments }
    assert.deepEqual((await contentOf(span(60, 90), {}, archive)).pinned, span(56, 97))
  })

  it('is refused of a time without content, with the nearest that has some', async () => {
    const archive = archiveOf(SEGMENTS)
    const segments = archive.window!.segments.filter(({ number }) => number < 20 || number > 60)
    archive.window = { ...archive.window!, segments }
    await refused(span(150, 300), /^startTime: must be of a time with content; the nearest window .*Z$/, {}, archive)
    const around = await contentOf(span(90, 400), {}, archive)
    assert.ok(around.bytes > 0, 'what is missing in between is left out')
    archive.window = undefined
    await refused(span(1, 2), /the channel has none yet/, {}, archive)
  })

  it('may be cut from a clip, whatever the startover window, and grow from it into that', async () => {
    const endpoints = [hlsEndpoint({}, { id: 'short', startoverWindowSeconds: 120 })]
    const held = { ...span(300, 500), sources: [{ endpoint: HLS, kinds: ['HLS'] as const }] }
    assert.deepEqual(kindsOf(await contentOf(span(310, 400), { endpoints, held })), [['hls', 'HLS']])
    assert.deepEqual(kindsOf(await contentOf(span(310, 550), { endpoints, held }))[0]?.[0], 'short')
    await refused(span(290, 400), /must not be before what is kept/, { endpoints, held })
    const old = { ...held, ...span(100, 200) }
    await refused(span(150, 590), /must not be before what is kept/, { endpoints, held: old })
  })

  it('is refused where retention has taken its beginning, though something older is pinned', async () => {
    const archive = archiveOf(SEGMENTS)
    const segments = archive.window!.segments.filter(({ number }) => number < 10 || number > 52)
    archive.window = { ...archive.window!, segments }
    await refused(span(300, 500), /must not be before what is kept .*T12:05:12\.000Z to .*T12:08:20/, {}, archive)
    archive.outputSegment = async () => 'no such'
    assert.ok((await contentOf(span(300, 500), {}, archive)).bytes > 0, 'nothing of it has ever been there')
  })

  it('tells which segments must still be there when it is made, of each output timeline', async () => {
    const archive = archiveOf(SEGMENTS)
    const { range } = archive
    const timelines = new Map([
      ['hls', 1],
      ['dash', 1],
    ])
    archive.range = async (endpoint, ...asked) => {
      const found = await range.call(archive, endpoint, ...asked)
      return found && { ...found, outputTimeline: timelines.get(endpoint.id)! }
    }
    const shownOf = async (more: Partial<ClipRequest> = {}) =>
      (await contentOf(span(61, 89), { endpoints: [HLS, DASH], ...more }, archive)).shown
    const ofOne = { first: 11, last: 15, count: 5 }
    assert.deepEqual(await shownOf(), [{ outputTimeline: 1, ...ofOne }])
    timelines.set('dash', 2)
    assert.deepEqual(await shownOf(), [
      { outputTimeline: 1, ...ofOne },
      { outputTimeline: 2, ...ofOne },
    ])
    const held = { ...span(60, 90), sources: [{ endpoint: HLS, kinds: ['HLS'] as const }] }
    assert.deepEqual(await shownOf({ held }), [])
  })

  it('is not taken for whole where the archive has lost the beginning of what is added', async () => {
    const archive = archiveOf(SEGMENTS)
    archive.window = { ...archive.window!, segments: archive.window!.segments.filter(({ number }) => number > 52) }
    archive.extent = async () => span(0, END)
    const held = { ...span(300, 500), sources: [{ endpoint: HLS, kinds: ['HLS'] as const }] }
    await refused(span(300, 590), /must be within what is kept of the clip/, { held }, archive)
  })
})

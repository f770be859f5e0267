import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Input } from '../../console/src/api/resources.ts'
import {
  channelState,
  clockOffsetMs,
  measuredBitRate,
  medianDistance,
  renditionSizes,
  shownInput,
} from '../../console/src/channels/channel-state.ts'

const [EARLY, LATE] = ['2026-12-01T20:00:00.000Z', '2026-12-01T21:00:00.000Z']

const input = (given: Partial<Input>): Input => ({
  ingestEndpointId: 'one',
  state: 'LIVE',
  isFollowed: false,
  hasParentPlaylist: true,
  streams: [],
  unnamedPlaylists: [],
  openEras: [],
  habits: [],
  ...given,
})

const era = (openedAt: string, datesFrom: Input['openEras'][number]['datesFrom'] = 'EXT-X-PROGRAM-DATE-TIME') => ({
  id: 1,
  openedAt,
  shownUntil: openedAt,
  datesFrom,
})

const stream = (given: Partial<Input['streams'][number]>): Input['streams'][number] => ({
  index: 1,
  playlist: 'high.m3u8',
  role: { kind: 'variant' },
  ...given,
})

describe('a channel', () => {
  it('is live while one input is, since its oldest unbroken timeline began', () => {
    const live = input({ openEras: [era(LATE), era(EARLY)] })
    const silent = input({ state: 'SILENT', silentSince: LATE })
    assert.deepEqual(channelState([silent, live]), { state: 'LIVE', since: EARLY })
  })

  it('is silent since the last of its inputs is, and ended since it was heard', () => {
    const silent = (silentSince: string) => input({ state: 'SILENT', silentSince })
    assert.deepEqual(channelState([silent(EARLY), silent(LATE)]), { state: 'SILENT', since: LATE })
    assert.deepEqual(channelState([input({ state: 'ENDED', lastHeardAt: EARLY })]), { state: 'ENDED', since: EARLY })
    assert.deepEqual(channelState([input({ state: 'NOTHING_YET' })]), { state: 'NOTHING_YET' })
    assert.deepEqual(channelState([]), { state: 'NOTHING_YET' })
  })

  it('shows the input that is followed, else one that is live', () => {
    const [first, second] = [input({}), input({ ingestEndpointId: 'two', isFollowed: true })]
    assert.equal(shownInput([first, second]), second)
    assert.equal(shownInput([input({ state: 'SILENT' }), first]), first)
    assert.equal(shownInput([input({ state: 'NOTHING_YET', isFollowed: true })]), undefined)
  })
})

describe('an input', () => {
  const tracks = [
    { kind: 'video', width: 640, height: 360, bitsPerSecond: 700_000 },
    { kind: 'audio', bitsPerSecond: 128_000 },
  ] as const

  it('has the bit rate and the sizes that were measured', () => {
    const high = stream({ tracks: [{ kind: 'video', width: 1280, height: 720, bitsPerSecond: 2_500_000 }] })
    const streams = [stream({ tracks }), high, stream({ tracks }), stream({})]
    assert.equal(measuredBitRate(streams), 2 * 828_000 + 2_500_000)
    assert.deepEqual(renditionSizes({ streams }), ['1280×720', '640×360'])
    assert.equal(measuredBitRate([stream({})]), undefined)
  })

  it('is behind or ahead by its dates, where it has some', () => {
    const listing = { placedUntil: '2026-12-01T20:00:03.000Z', lastListedAt: '2026-12-01T20:00:05.500Z' }
    const dated = input({ streams: [stream(listing), stream({})], openEras: [era(EARLY)] })
    assert.equal(clockOffsetMs(dated), -2500)
    assert.equal(clockOffsetMs({ ...dated, openEras: [era(EARLY, 'SERVER')] }), undefined)
    assert.equal(clockOffsetMs({ ...dated, streams: [] }), undefined)
  })

  it('has the key frame distance that most have', () => {
    assert.equal(medianDistance([8000, 2000, 4000, 0, 6000, 7000]), 2000)
    assert.equal(medianDistance([1]), undefined)
  })
})

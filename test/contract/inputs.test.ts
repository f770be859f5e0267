import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { inputReport } from '../../src/control/inputs-report.ts'
import { ticks, utcMs } from '../../src/media/time.ts'
import { emptyTimeline, type TimelineState } from '../../src/model/input-timeline/state.ts'
import { step, type TimelineEvent } from '../../src/model/input-timeline/step.ts'
import { openOutputTimelineState } from '../../src/model/output-timeline/state.ts'
import { type Asker, NOW, startAsker } from './rules-asker.ts'

const SECOND = 90_000
const iso = (ms: number) => new Date(NOW + ms).toISOString()

const role = { kind: 'variant', bandwidth: 2_000_000, codecs: 'avc1.64001f' } as const
const PARENT: TimelineEvent = { kind: 'parent playlist', streams: [{ index: 1, playlist: 'live/high.m3u8', role }] }

const listed = (mediaSequence: number, ended = false): TimelineEvent => ({
  kind: 'media playlist',
  playlist: {
    name: 'live/high.m3u8',
    targetDuration: ticks(2 * SECOND),
    mediaSequence,
    ended,
    segments: [
      {
        name: `live/${mediaSequence}.ts`,
        duration: ticks(1.92 * SECOND),
        discontinuity: false,
        programDateTime: utcMs(NOW - 10_000),
      },
    ],
  },
  habits: [{ habit: 'needless-blank', example: 'line 2: #EXT-X-VERSION: 3' }],
})

const OBJECT = {
  key: 'k',
  name: 'live/7.ts',
  size: 480_000,
  crc32: 1,
  sha256: 'ab',
  receivedAt: utcMs(NOW),
  probe: {
    container: 'mpeg-ts',
    tracks: [
      {
        kind: 'video',
        pid: 256,
        codec: 'avc1.64001f',
        configuration: '',
        width: 640,
        height: 360,
        frameRate: { numerator: 30_000, denominator: 1001 },
      },
      {
        kind: 'audio',
        pid: 257,
        codec: 'mp4a.40.2',
        configuration: '',
        sampleRate: 48_000,
        channels: 2,
        samplesPerFrame: 1024,
        language: 'deu',
      },
    ],
    times: [
      { first: 900_000, last: 900_000 + 1.88 * SECOND, bytes: 400_000 },
      { first: 900_000, last: 900_000 + 1.88 * SECOND, bytes: 40_000 },
    ],
    firstPts: 900_000,
    lastPts: 900_000 + 1.88 * SECOND,
    keyFrames: [],
    startsWithKeyFrame: true,
  },
} as const

function stateAfter(...events: TimelineEvent[]): TimelineState {
  const unlisted = { get: (name: string) => (name === OBJECT.name ? OBJECT : undefined) }
  return events.reduce((state, event) => step(state, event, { unlisted, now: utcMs(NOW) }).state, emptyTimeline())
}

describe('an input', () => {
  const at = (seconds: number) => ({ now: utcMs(NOW + seconds * 1000), date: utcMs(NOW + seconds * 1000) })
  const now = at(1)

  it('that sent nothing says so', () => {
    const nothing = { streams: [], unnamedPlaylists: [], openEras: [], habits: [], hasParentPlaylist: false }
    for (const state of [undefined, emptyTimeline()]) {
      assert.deepEqual(inputReport('one', state, now), { ingestEndpointId: 'one', state: 'NOTHING_YET', ...nothing })
    }
  })

  it('tells what it sends, and every habit with its remedy', () => {
    const report = JSON.parse(JSON.stringify(inputReport('one', stateAfter(PARENT, listed(7)), now)))
    const { habits, openEras, ...rest } = report
    assert.deepEqual(rest, {
      ingestEndpointId: 'one',
      state: 'LIVE',
      lastHeardAt: iso(0),
      hasParentPlaylist: true,
      unnamedPlaylists: [],
      streams: [
        {
          index: 1,
          playlist: 'live/high.m3u8',
          role,
          container: 'mpeg-ts',
          tracks: [
            {
              kind: 'video',
              codec: 'avc1.64001f',
              width: 640,
              height: 360,
              frameRate: 30_000 / 1001,
              bitsPerSecond: 1_666_667,
            },
            {
              kind: 'audio',
              codec: 'mp4a.40.2',
              sampleRate: 48_000,
              channels: 2,
              language: 'deu',
              bitsPerSecond: 166_667,
            },
          ],
          segmentDuration: 1.92,
          targetDuration: 2,
          lastMediaSequence: 7,
          lastSegment: 'live/7.ts',
          lastListedAt: iso(0),
          placedUntil: iso(-10_000 + 1920),
          waitingSegments: 0,
          hasEnded: false,
        },
      ],
    })
    assert.equal(openEras.length, 1)
    assert.deepEqual([openEras[0].id, openEras[0].datesFrom], [1, 'EXT-X-PROGRAM-DATE-TIME'])
    const [{ sentence, remedy, ...habit }] = habits
    const example = 'line 2: #EXT-X-VERSION: 3'
    assert.deepEqual(habit, { habit: 'needless-blank', count: 1, first: iso(0), last: iso(0), example })
    assert.match(sentence, /^Blanks stand/)
    assert.match(remedy, /^Write tags without blanks/)
  })

  it('is silent after three target durations, and ended when it said so', () => {
    const state = stateAfter(PARENT, listed(7))
    assert.equal(inputReport('one', state, at(6)).state, 'LIVE')
    const silent = inputReport('one', state, at(6.001))
    assert.deepEqual([silent.state, 'silentSince' in silent && silent.silentSince], ['SILENT', iso(0)])
    const setBack = inputReport('one', state, { now: utcMs(NOW + 6001), date: utcMs(NOW + 1001) })
    assert.deepEqual([setBack.state, 'silentSince' in setBack && setBack.silentSince], ['SILENT', iso(-5000)])
    const ended = { ...state, ended: true }
    assert.equal(inputReport('one', ended, at(6.001)).state, 'ENDED')
  })

  it('without a parent playlist tells its playlists, and lists no habit that this version does not know', () => {
    const state = stateAfter(listed(7))
    const counted = { count: 1, first: utcMs(0), last: utcMs(0), example: '' }
    Object.assign(state.habits ?? {}, { 'of-another-version': counted, constructor: counted })
    const { hasParentPlaylist, unnamedPlaylists, state: how, habits } = inputReport('one', state, now)
    assert.deepEqual([hasParentPlaylist, unnamedPlaylists, how], [false, ['live/high.m3u8'], 'LIVE'])
    assert.deepEqual(
      habits.map(({ habit }) => habit),
      ['needless-blank'],
    )
  })
})

describe('the inputs of a channel', () => {
  const PATH = '/windrow/v1/channels/main/inputs'
  let asker: Asker
  before(async () => {
    asker = await startAsker()
    await asker.made('/channels', { id: 'main' })
  })
  after(() => asker.control.close())

  type Answer = { readonly inputs: readonly { readonly ingestEndpointId: string; readonly state: string }[] }

  it('are told from what is stored, one for each ingest endpoint', async () => {
    const channel = await asker.control.resources.channelById('main')
    const [first, second] = channel!.ingestEndpoints.map(({ id }) => id)
    await asker.control.segmentIndex.commitTimeline(
      { channelGuid: channel!.guid, ingestEndpointId: second! },
      {
        expectedVersion: 0,
        state: JSON.stringify(stateAfter(PARENT, listed(7))),
        objects: [],
        settled: [],
        eras: [],
        slots: [],
        outputSegments: [],
      },
    )
    const { status, json } = await asker.ask('GET', PATH)
    assert.equal(status, 200)
    assert.deepEqual(
      (json as Answer).inputs.map(({ ingestEndpointId, state }) => [ingestEndpointId, state]),
      [
        [first, 'NOTHING_YET'],
        [second, 'LIVE'],
      ],
    )
  })

  it('are followed where an output timeline that endpoints use shows them', async () => {
    const channel = await asker.control.resources.channelById('main')
    const [first, second] = channel!.ingestEndpoints.map(({ id }) => id) as [string, string]
    const { guid: channelGuid } = channel!
    const followed = async () => {
      const { json } = await asker.ask('GET', PATH)
      return (json as { inputs: { ingestEndpointId: string; isFollowed: boolean }[] }).inputs
        .filter(({ isFollowed }) => isFollowed)
        .map(({ ingestEndpointId }) => ingestEndpointId)
    }
    assert.deepEqual(await followed(), [])
    await asker.made('/origin_endpoints', { channelId: 'main', id: 'hls', hlsPackage: {} })
    const { guid } = (await asker.control.resources.originEndpointById('hls'))!
    const endpoint = { guid, revision: 1 }
    const { id } = await asker.control.segmentIndex.openOutputTimeline(
      endpoint,
      { channelGuid, ingestEndpointId: first },
      6,
    )
    let expectedVersion = 0
    const becomes = async (input: string, rest: object = {}) => {
      const state = JSON.stringify({ ...openOutputTimelineState(ticks(6 * SECOND), 1, input), ...rest })
      const outputTimelines = [{ id, expectedVersion: expectedVersion++, state }]
      await asker.control.segmentIndex.commitOutputTimelines(channelGuid, { outputTimelines, outputSegments: [] })
      return followed()
    }
    assert.deepEqual(await becomes(first), [first])
    assert.deepEqual(await becomes(second), [second])
    assert.deepEqual(await becomes(second, { isResting: true }), [])
  })

  it('are those of a channel there is', async () => {
    const { status, json } = await asker.ask('GET', '/windrow/v1/channels/other/inputs')
    assert.equal(status, 404)
    assert.match((json as { message: string }).message, /no channel/)
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { OverviewOf } from '../../src/control/control-context.ts'
import { type UtcRange, utcMs } from '../../src/media/time.ts'
import type { ChannelOverview } from '../../src/model/overview/channel-overview.ts'
import { type Asker, NOW, ROLE, startAsker } from './rules-asker.ts'

const at = (seconds: number) => utcMs(NOW + seconds * 1000)
const iso = (seconds: number) => new Date(at(seconds)).toISOString()
const span = (start: number, end: number): UtcRange => ({ start: at(start), end: at(end) })
const told = (start: number, end: number) => ({ startTime: iso(start), endTime: iso(end) })

const mark = <T>(time: number, value: T, count = 1, last = value) => ({ time: at(time), first: value, last, count })

/** Of everything something. */
const OVERVIEW: ChannelOverview = {
  inputs: [
    {
      ingestEndpointId: 'one',
      extent: span(-9000, -5),
      content: [span(-3600, -5)],
      gaps: [
        { ...span(-60, -58), streams: [2], count: 1 },
        { ...span(-40, -30), count: 3 },
      ],
      eras: [
        mark(-9000, { id: 1, time: at(-9000) }),
        mark(-40, { id: 2, time: at(-40), hasSameTracks: true }),
        mark(-20, { id: 3, time: at(-20), hasSameTracks: false }, 4),
      ],
    },
    { ingestEndpointId: 'two', content: [], gaps: [], eras: [] },
  ],
  outputs: [
    {
      segmentDurationSeconds: 6,
      originEndpointIds: ['hls'],
      ingestEndpointId: 'one',
      extent: span(-9000, -5),
      content: [span(-3600, -5)],
      gaps: [],
      discontinuities: [mark(-40, { time: at(-40) }, 2)],
      inputSwitches: [
        mark(-40, { time: at(-40), ingestEndpointId: 'two' }, 2, { time: at(-39), ingestEndpointId: 'one' }),
      ],
    },
  ],
  adBreaks: [
    { kind: 'splice', id: 7, ...span(-100, -70), count: 1 },
    { kind: 'segmentation', id: 8, typeId: 0x30, start: at(-50), plannedMs: 29_970, count: 1 },
  ],
  programmes: [
    { kind: 'segmentation', id: 9, typeId: 0x10, upid: { type: 9, hex: '4142' }, start: at(-200), count: 1 },
    { kind: 'segmentation', id: 9, typeId: 0x40, start: at(-200), count: 1 },
  ],
}
const PICTURES = {
  keyFrames: [at(-20), at(-18)],
  runs: [{ ...span(-20, -16), count: 100, frameRate: { numerator: 25, denominator: 1 } }],
  isTruncated: true,
}

describe('DescribeTimeline', () => {
  let asker: Asker
  const asked: Parameters<OverviewOf>[] = []
  let pictures: typeof PICTURES | undefined
  before(async () => {
    asker = await startAsker({
      overview: async (...args) => {
        asked.push(args)
        return { ...OVERVIEW, ...(pictures && { pictures }) }
      },
    })
    await asker.made('/channels', { id: 'main' })
    const endpoint = { channelId: 'main', startoverWindowSeconds: 3600, hlsPackage: {} }
    await asker.made('/origin_endpoints', { ...endpoint, id: 'hls' })
    await asker.made('/channels', { id: 'other' })
  })
  after(() => asker.control.close())

  const timeline = async (query = '', channel = 'main') => {
    const answer = await asker.ask('GET', `/windrow/v1/channels/${channel}/timeline${query}`)
    assert.equal(answer.status, 200, answer.text)
    return answer.json as Record<string, unknown>
  }

  it('tells all that there is, in dates, beside clips and harvest jobs of the window', async () => {
    const windows = { early: [-3700, -3601], goal: [-600, -540], late: [-30, -10] } as const
    for (const [id, [start, end]] of Object.entries(windows)) {
      await asker.made('/windrow/v1/clips', { id, channelId: 'main', ...told(start, end) })
      const s3Destination = { bucketName: 'clips', manifestKey: `${id}/1.m3u8`, roleArn: ROLE }
      const job = { id, originEndpointId: 'hls', ...told(start, end), s3Destination }
      if (id !== 'early') await asker.made('/windrow/v1/harvest_jobs', job)
    }
    const ranges = [told(-500, -490), told(-400, -390)].map((each) => ({ ...each, originEndpointId: 'hls' }))
    const s3Destination = { bucketName: 'clips', manifestKey: 'both/1.m3u8', roleArn: ROLE }
    await asker.made('/windrow/v1/harvest_jobs', { id: 'both', ranges, s3Destination })
    const answer = await timeline()
    const [channel, view] = asked.at(-1)!
    assert.deepEqual(view, { window: span(-3600, 0), resolutionMs: 3600 })
    assert.equal(channel.ingestEndpointIds.length, 2)
    assert.deepEqual(
      channel.endpoints.map(({ id }) => id),
      ['hls'],
    )
    const extent = { oldestTime: iso(-9000), newestTime: iso(-5) }
    const job = (id: string, start: number, end: number) => {
      return { id, originEndpointId: 'hls', status: 'IN_PROGRESS', ...told(start, end) }
    }
    assert.deepEqual(answer, {
      channelId: 'main',
      ...told(-3600, 0),
      resolutionSeconds: 3.6,
      date: iso(0),
      inputs: [
        {
          ingestEndpointId: 'one',
          ...extent,
          content: [told(-3600, -5)],
          gaps: [
            { ...told(-60, -58), streams: [2], count: 1 },
            { ...told(-40, -30), count: 3 },
          ],
          eras: [
            { id: 1, startTime: iso(-9000), count: 1 },
            { id: 2, startTime: iso(-40), reason: 'TIMESTAMPS', count: 1 },
            { id: 3, startTime: iso(-20), reason: 'TRACKS', count: 4 },
          ],
        },
        { ingestEndpointId: 'two', content: [], gaps: [], eras: [] },
      ],
      outputs: [
        {
          segmentDurationSeconds: 6,
          originEndpointIds: ['hls'],
          ingestEndpointId: 'one',
          ...extent,
          content: [told(-3600, -5)],
          gaps: [],
          discontinuities: [{ time: iso(-40), count: 2 }],
          inputSwitches: [{ time: iso(-40), ingestEndpointId: 'one', count: 2 }],
        },
      ],
      adBreaks: [
        { ...told(-100, -70), kind: 'SPLICE_INSERT', id: 7, count: 1 },
        {
          startTime: iso(-50),
          kind: 'PROVIDER_ADVERTISEMENT',
          id: 8,
          segmentationTypeId: 0x30,
          plannedSeconds: 29.97,
          count: 1,
        },
      ],
      programmes: [
        { startTime: iso(-200), kind: 'PROGRAM', id: 9, segmentationTypeId: 0x10, upid: 'AB', count: 1 },
        { startTime: iso(-200), kind: 'OTHER', id: 9, segmentationTypeId: 0x40, count: 1 },
      ],
      clips: [
        { id: 'goal', ...told(-600, -540) },
        { id: 'late', ...told(-30, -10) },
      ],
      harvestJobs: [job('goal', -600, -540), job('both', -500, -490), job('both', -400, -390), job('late', -30, -10)],
      isTruncated: false,
    })
    assert.deepEqual([(await timeline('', 'other'))['clips'], (await timeline('', 'other'))['harvestJobs']], [[], []])
  })

  it('tells of pictures where there are any', async (t) => {
    pictures = PICTURES
    t.after(() => {
      pictures = undefined
    })
    const { keyFrames, pictures: runs, isTruncated } = await timeline(`?startTime=${iso(-60)}&resolutionSeconds=0.04`)
    assert.deepEqual(asked.at(-1)![1], { window: span(-60, 0), resolutionMs: 40 })
    assert.deepEqual(keyFrames, [{ time: iso(-20) }, { time: iso(-18) }])
    assert.deepEqual(runs, [{ ...told(-20, -16), count: 100, frameRate: { numerator: 25, denominator: 1 } }])
    assert.equal(isTruncated, true)
  })

  it('takes any window of a fortnight, and no finer a resolution than it can tell', async () => {
    const viewOf = async (query: string) => {
      await timeline(query)
      const { window, resolutionMs } = asked.at(-1)![1]
      return [(window.start - NOW) / 1000, (window.end - NOW) / 1000, resolutionMs]
    }
    const fortnight = 14 * 86_400
    assert.deepEqual(await viewOf(`?startTime=${iso(-fortnight)}`), [-fortnight, 0, fortnight])
    assert.deepEqual(await viewOf(`?endTime=${NOW / 1000 - 60}`), [-3660, -60, 3600])
    assert.deepEqual(await viewOf(`?startTime=${iso(-4)}&resolutionSeconds=0.001`), [-4, 0, 1])
    assert.deepEqual(await viewOf(`?startTime=${iso(-0.01)}`), [-0.01, 0, 1])
    const refusals = {
      [`startTime=${iso(0)}`]: /^startTime: must be before endTime, or before now/,
      [`startTime=${iso(-1)}&endTime=${iso(-1)}`]: /^endTime: must be after startTime/,
      [`startTime=${iso(-fortnight - 1)}`]: /^startTime: must be at most 14 days before endTime/,
      'startTime=yesterday': /^startTime: must be a date and time/,
      'endTime=yesterday': /^endTime: must be a date and time/,
      'resolutionSeconds=0.8': /^resolutionSeconds: must be between 0\.9 and 3600, .*, got 0\.8$/,
      'resolutionSeconds=3601': /^resolutionSeconds: must be between/,
      'resolutionSeconds=-5': /^resolutionSeconds: must be between/,
      'resolutionSeconds=1e3': /^resolutionSeconds: must be a number, got a string/,
      'resolutionSeconds=9&resolutionSeconds=9': /^resolutionSeconds: must be given only once/,
    }
    for (const [query, rule] of Object.entries(refusals))
      await asker.refused('GET', `/windrow/v1/channels/main/timeline?${query}`, {}, rule)
  })

  it('is of a channel that there is, for those who sign', async () => {
    const answer = await asker.ask('GET', '/windrow/v1/channels/none/timeline')
    assert.deepEqual([answer.status, answer.errorType], [404, 'NotFoundException'])
    const unsigned = await fetch(`${asker.control.endpoint}/windrow/v1/channels/main/timeline`)
    assert.equal(unsigned.status, 403)
  })
})

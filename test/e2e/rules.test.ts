/** Rules make assets of the programmes of a live stream, and clips of its breaks, across crashes. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import hlsParser from 'hls-parser'
import type { ClipReport } from '../../src/control/clip-operations.ts'
import type { RuleReport, RuleRunReport } from '../../src/control/rule-operations.ts'
import { apiOf, createChannel, createHlsEndpoint, createRedundantChannel, mediaPackage } from '../judges/aws.ts'
import { firstRendition } from '../judges/playlists.ts'
import { eventually, run } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { type JudgedEvent, SECONDS, televisionWithProgrammes } from '../rules/programmes.ts'

const { after, before, describe, it } = needing('ffmpeg', 'tshark')

/** A whole minute, an hour ago. */
const FIRST_DATE = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000
const dateOf = (seconds: number) => new Date(FIRST_DATE + seconds * 1000).toISOString()
/** Before these segments, the server is killed: in a programme, when one has just ended, and in the last. */
const KILLS = [4, 12, 18]

describe('rules on what an encoder marks', () => {
  let windrow: Windrow
  let api: ReturnType<typeof apiOf>
  let programmes: readonly JudgedEvent[]
  let breaks: readonly JudgedEvent[]

  const runsOf = async (id: string) =>
    ((await api.ask('GET', `harvest_rules/${id}/runs`)) as { runs: RuleRunReport[] }).runs.toReversed()

  before(async () => {
    windrow = await Windrow.start()
    api = apiOf(windrow)
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'tv')
    await createHlsEndpoint(client, 'tv', 'hls', { SegmentDurationSeconds: 1 })
    const s3Destination = {
      bucketName: 'clips',
      manifestKey: '{rule}/{upid}/{id}/index.m3u8',
      roleArn: 'arn:aws:iam::000000000000:role/harvest',
    }
    const common = { originEndpointId: 'hls', s3Destination, deliverables: [{ kind: 'HLS' }, { kind: 'MP4' }] }
    const bodies = [
      { ...common, id: 'shows', events: ['PROGRAM'], cut: 'FRAME', report: true },
      { ...common, id: 'urn-shows', events: ['PROGRAM'], upid: 'urn:show:*' },
      { id: 'breaks', originEndpointId: 'hls', events: ['SPLICE_INSERT'], action: 'CLIP', cut: 'FRAME' },
    ]
    for (const body of bodies) await api.ask('POST', 'harvest_rules', { body })
    const { renditions, judged } = await televisionWithProgrammes()
    const pusher = new Pusher(ingest, renditions, FIRST_DATE)
    await pusher.pushParent()
    while (pusher.published < SECONDS) {
      if (KILLS.includes(pusher.published)) {
        await windrow.kill()
        await windrow.start()
      }
      await pusher.pushNext()
    }
    pusher.close()
    ;({ programmes, breaks } = await judged())
    await eventually('every programme to be an asset', async () => {
      const runs = await runsOf('shows')
      const isDone = runs.every(({ state }) => state === 'SUCCEEDED')
      return (isDone && runs.length >= programmes.length) || undefined
    })
  })
  after(() => windrow?.kill())

  it('make an asset of each programme, and of nothing else', async () => {
    assert.deepEqual(
      programmes.map(({ id, start, end }) => [id, start, end]),
      [
        [101, 2, 5],
        [102, 5, 11],
        [103, 11, 14],
        [104, 14, 17],
      ],
    )
    assert.deepEqual(
      (await runsOf('shows')).map(({ event, startTime, endTime }) => [event?.id, event?.upid, startTime, endTime]),
      programmes.map(({ id, upid, start, end }) => [id, upid, dateOf(start), dateOf(end)]),
    )
    const folder = windrow.bucketFolder('clips')
    const assets = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.mp4'))
    assert.deepEqual(assets.filter((path) => path.startsWith('shows/')).length, programmes.length)
    for (const { id, upid = 'none', start, end } of programmes) {
      const second = dateOf(start).replaceAll(/\D/g, '').slice(0, 14)
      const place = join(folder, 'shows', upid.replaceAll(':', '_'), `shows-${second}-10-${id}`)
      const { segments } = hlsParser.parse(
        readFileSync(join(place, 'index_1.m3u8'), 'utf8'),
      ) as hlsParser.types.MediaPlaylist
      assert.equal(segments[0]?.programDateTime?.toISOString(), dateOf(start))
      assert.equal(Math.round(segments.reduce((sum, { duration }) => sum + duration, 0)), end - start)
      const args = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', join(place, 'index.mp4')]
      assert.ok(Math.abs(Number(await run('ffprobe', args)) - (end - start)) < 0.1)
      const { adEvents } = JSON.parse(readFileSync(join(place, 'harvest.json'), 'utf8')) as {
        adEvents: { id: number }[]
      }
      assert.ok(
        adEvents.some((event) => event.id === id),
        'the report tells of the same event',
      )
    }
  })

  it('make assets of those alone that have the UPID', async () => {
    assert.deepEqual(
      (await runsOf('urn-shows')).map(({ event }) => event?.upid),
      ['urn:show:one', 'urn:show:two'],
    )
  })

  it('make clips of breaks, which play', async () => {
    const [only, ...others] = await runsOf('breaks')
    assert.deepEqual([only?.state, others], ['CLIPPED', []])
    const [{ start, end } = { start: 0, end: 0 }] = breaks
    assert.deepEqual([only?.startTime, only?.endTime], [dateOf(start), dateOf(end)])
    const clip = (await api.ask('GET', `clips/${only?.clipId}`)) as ClipReport
    assert.deepEqual([clip.startTime, clip.endTime, clip.ruleId], [dateOf(start), dateOf(end), 'breaks'])
    const shown = await firstRendition(clip.urls['hls']!)
    assert.deepEqual([shown.length, shown[0]?.programDateTime?.toISOString()], [end - start, dateOf(start)])
  })

  it('tell what goes on', async () => {
    const rule = (await api.ask('GET', 'harvest_rules/shows')) as RuleReport
    assert.deepEqual(
      rule.openEvents.map(({ id, startTime }) => [id, startTime]),
      [[105, dateOf(19)]],
    )
  })
})

/** Segments that the first encoder sends, in the middle of the second programme. */
const UNTIL_SWITCH = 8

describe('a rule on a channel with two inputs', () => {
  let windrow: Windrow
  before(async () => {
    windrow = await Windrow.start()
  })
  after(() => windrow?.kill())

  it('makes one asset of a programme in which the endpoint switches from one to the other', async () => {
    const api = apiOf(windrow)
    const client = mediaPackage(windrow)
    const inputs = await createRedundantChannel(client, 'tv')
    await createHlsEndpoint(client, 'tv', 'hls', { SegmentDurationSeconds: 1 })
    const roleArn = 'arn:aws:iam::000000000000:role/harvest'
    const s3Destination = { bucketName: 'clips', manifestKey: '{id}/index.m3u8', roleArn }
    const body = { id: 'shows', originEndpointId: 'hls', events: ['PROGRAM'], s3Destination }
    await api.ask('POST', 'harvest_rules', { body })
    const { renditions, judged } = await televisionWithProgrammes()
    const [one, other] = inputs.map((ingest) => new Pusher(ingest, renditions, FIRST_DATE)) as [Pusher, Pusher]
    for (const pusher of [one, other]) await pusher.pushParent()
    while (other.published < SECONDS) {
      if (one.published < UNTIL_SWITCH) await one.pushNext()
      await other.pushNext()
    }
    for (const pusher of [one, other]) pusher.close()
    const { programmes } = await judged()
    const runs = await eventually('every programme to be an asset', async () => {
      const all = ((await api.ask('GET', 'harvest_rules/shows/runs')) as { runs: RuleRunReport[] }).runs
      return all.length >= programmes.length && all.every(({ state }) => state === 'SUCCEEDED') ? all : undefined
    })
    assert.deepEqual(
      runs.toReversed().map(({ event, startTime, endTime }) => [event?.id, startTime, endTime]),
      programmes.map(({ id, start, end }) => [id, dateOf(start), dateOf(end)]),
    )
    const [, { start, end } = { start: 0, end: 0 }] = programmes
    assert.ok(start < UNTIL_SWITCH && UNTIL_SWITCH < end)
    const job = runs.toReversed()[1]?.jobId ?? ''
    const text = readFileSync(join(windrow.bucketFolder('clips'), job, 'index_1.m3u8'), 'utf8')
    const { segments } = hlsParser.parse(text) as hlsParser.types.MediaPlaylist
    const dates = Array.from({ length: end - start }, (_, i) => dateOf(start + i))
    assert.deepEqual(
      segments.map(({ programDateTime }) => programDateTime?.toISOString()),
      dates,
    )
    assert.doesNotMatch(text, /DISCONTINUITY\n/)
    const { events } = (await api.ask('GET', 'events')) as { events: readonly { readonly 'detail-type': string }[] }
    assert.ok(events.some((event) => event['detail-type'] === 'MediaPackage Input Notification'))
  })
})

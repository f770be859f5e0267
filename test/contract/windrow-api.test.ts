import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { ControlLimits, HarvestService } from '../../src/control/control-context.ts'
import { utcMs } from '../../src/media/time.ts'
import type { HarvestForecast } from '../../src/model/harvest-forecast.ts'
import type { HarvestRecord } from '../../src/model/harvest-run.ts'
import { send } from './control-under-test.ts'
import { type Asker, NOW, ROLE, startAsker } from './rules-asker.ts'

const iso = (seconds: number) => new Date(NOW + seconds * 1000).toISOString()
const at = (seconds: number) => utcMs(NOW + seconds * 1000)
const span = (start: number, end: number) => ({ start: at(start), end: at(end) })

const JOB = {
  id: 'goal',
  originEndpointId: 'hls',
  startTime: iso(-600),
  endTime: iso(-540),
  s3Destination: { bucketName: 'clips', manifestKey: 'goals/1.m3u8', roleArn: ROLE },
}
const JOBS = '/windrow/v1/harvest_jobs'

async function start(
  options: { harvest?: Partial<HarvestService>; limits?: Partial<ControlLimits> } = {},
): Promise<Asker> {
  const asker = await startAsker(options)
  await asker.made('/channels', { id: 'main' })
  await asker.made('/origin_endpoints', { id: 'hls', channelId: 'main', startoverWindowSeconds: 3600, hlsPackage: {} })
  return asker
}

type Json = Record<string, unknown>
const json = (answer: { readonly json: unknown }) => answer.json as Json

describe('a harvest job of our own API', () => {
  let asker: Asker
  before(async () => {
    asker = await start()
  })
  after(() => asker.control.close())

  const claim = async (): Promise<HarvestRecord> => {
    const job = await asker.control.resources.claimHarvestJob({ owner: 'w', now: at(0), leaseMs: 1000 })
    assert.ok(job)
    return job
  }

  it('has the members of MediaPackage’s and its own, with the defaults of MediaPackage', async () => {
    const created = await asker.made(JOBS, JOB)
    assert.deepEqual(created, {
      ...JOB,
      arn: `${String(created['arn']).split(':').slice(0, 5).join(':')}:harvest_jobs/goal`,
      channelId: 'main',
      createdAt: iso(0),
      status: 'IN_PROGRESS',
      state: 'QUEUED',
      attempts: 0,
      gapPolicy: 'DISCONTINUITY',
      earlyEndPolicy: 'CLAMP',
      report: false,
    })
    const v1 = json(await asker.ask('GET', '/harvest_jobs/goal'))
    const members = [
      'arn',
      'channelId',
      'createdAt',
      'endTime',
      'id',
      'originEndpointId',
      's3Destination',
      'startTime',
      'status',
    ]
    assert.deepEqual(Object.keys(v1).toSorted(), members, 'AWS clients see what they know')
  })

  it('tells how far it is', async () => {
    const { id, run } = await claim()
    const cursor = {
      plan: {
        first: 7,
        last: 16,
        content: span(-602, -542),
        segments: 20,
        manifests: 3,
        gaps: [{ ...span(-580, -570), track: 'index_2' }],
        gapCount: 1,
      },
      tracks: [
        { name: 'index_1', segments: 10, written: 6 },
        { name: 'index_2', segments: 10, written: 4 },
      ],
      objects: 10,
      bytes: 1000,
      rate: { bytesPerSecond: 200, segmentsPerSecond: 2 },
    }
    const objects = Array.from({ length: 3 }, (_, n) => ({ key: `goals/index_1_${n}.ts`, size: n, sha256: 'ab' }))
    await asker.control.resources.checkpointHarvestJob(
      { id, fence: run.fence },
      { now: at(0), leaseMs: 1000, cursor, objects },
    )
    assert.partialDeepStrictEqual(json(await asker.ask('GET', `${JOBS}/goal`)), {
      state: 'RUNNING',
      attempts: 1,
      worker: 'w',
      startedAt: iso(0),
      progress: {
        segments: { planned: 20, written: 10 },
        objects: 10,
        bytes: 1000,
        tracks: cursor.tracks,
        bytesPerSecond: 200,
        secondsLeft: 5,
      },
      firstProgramDateTime: iso(-602),
      lastProgramDateTime: iso(-542),
      gaps: [{ startTime: iso(-580), endTime: iso(-570), track: 'index_2' }],
      gapCount: 1,
    })
    const first = json(await asker.ask('GET', `${JOBS}/goal/objects?maxResults=2`))
    assert.deepEqual(first['objects'], objects.slice(0, 2))
    const rest = await asker.ask('GET', `${JOBS}/goal/objects?nextToken=${String(first['nextToken'])}`)
    assert.deepEqual(rest.json, { objects: objects.slice(2) })
  })

  it('tells why an attempt failed, when the next comes, and what would work', async () => {
    const failure = { code: 'BeforeContent', message: 'There is no content.', nearest: span(-500, -440) }
    await asker.control.resources.releaseHarvestJob({ id: 'goal', fence: 1 }, { notBefore: at(30), failure })
    const answer = json(await asker.ask('GET', `${JOBS}/goal`))
    assert.equal(answer['state'], 'QUEUED')
    assert.equal(answer['nextAttemptAt'], iso(30))
    const nearestWindow = { startTime: iso(-500), endTime: iso(-440) }
    assert.deepEqual(answer['failure'], { code: 'BeforeContent', message: 'There is no content.', nearestWindow })
  })

  it('is cancelled at once or by whoever runs it, and not twice', async () => {
    const answer = await asker.ask('POST', `${JOBS}/goal/cancel`)
    assert.equal(answer.status, 202)
    assert.equal(json(answer)['state'], 'CANCELLING')
    assert.equal(asker.control.created.at(-1), 'goal')
    const { id, run } = await claim()
    const failure = { code: 'Cancelled', message: 'The job was cancelled.' }
    const event = { id: 'e', at: at(1), detailType: 'x', resources: [], detail: {} }
    const end = { at: at(1), outcome: { state: 'CANCELLED', failure } as const, event }
    await asker.control.resources.finishHarvestJob({ id, fence: run.fence }, end)
    const ended = json(await asker.ask('GET', `${JOBS}/goal`))
    assert.deepEqual([ended['status'], ended['state'], ended['endedAt']], ['FAILED', 'CANCELLED', iso(1)])
    assert.equal(json(await asker.ask('GET', '/harvest_jobs/goal'))['status'], 'FAILED')
    await asker.refused('POST', `${JOBS}/goal/cancel`, {}, 'id: the harvest job "goal" has already ended')
    assert.equal((await asker.ask('POST', `${JOBS}/nobody/cancel`)).status, 404)
  })

  it('is listed with its state', async () => {
    const jobs = json(await asker.ask('GET', `${JOBS}?includeStatus=FAILED`))['harvestJobs'] as Json[]
    assert.deepEqual(
      jobs.map(({ id, state }) => [id, state]),
      [['goal', 'CANCELLED']],
    )
    assert.deepEqual(json(await asker.ask('GET', `${JOBS}?includeStatus=SUCCEEDED`)), { harvestJobs: [] })
  })

  it('may end and begin in the future, but not too far', async () => {
    const live = { ...JOB, id: 'live', startTime: iso(-60), endTime: iso(600) }
    assert.equal((await asker.made(JOBS, live))['state'], 'QUEUED')
    const planned = { ...JOB, id: 'planned', startTime: iso(3600), endTime: iso(4200) }
    assert.equal((await asker.made(JOBS, planned))['nextAttemptAt'], iso(3600))
    assert.equal((await asker.control.resources.harvestJobById('planned'))?.run.notBefore, at(3600))
    await asker.refused('POST', '/harvest_jobs', { ...live, id: 'v1' }, 'endTime: must not be in the future')
    const month = 30 * 86_400
    const far = { ...JOB, id: 'far', startTime: iso(month + 1), endTime: iso(month + 2) }
    await asker.refused('POST', JOBS, far, 'startTime: must be at most 30 days ahead')
  })

  it('is refused for what breaks a rule, as MediaPackage would', async () => {
    const refused = (change: object, rule: string) => asker.refused('POST', JOBS, { ...JOB, id: 'x', ...change }, rule)
    await refused({ gapPolicy: 'IGNORE' }, 'gapPolicy: must be one of DISCONTINUITY, CLAMP, FAIL')
    await refused({ earlyEndPolicy: 'DISCONTINUITY' }, 'earlyEndPolicy: must be one of CLAMP, FAIL')
    await refused({ report: 'yes' }, 'report: must be true or false')
    await refused({ originEndpointId: 'none' }, 'originEndpointId: there is no')
    await refused({ endTime: JOB.startTime }, 'endTime: must be after startTime')
    await asker.refused('POST', `${JOBS}:preflight`, { ...JOB }, 'id: a harvest job with the id "goal" already exists')
  })

  it('is shown to nobody who cannot sign', async () => {
    for (const [method, path] of [
      ['GET', JOBS],
      ['POST', `${JOBS}:preflight`],
      ['GET', '/windrow/v1/events'],
      ['DELETE', `${JOBS}/goal/objects`],
    ] as const) {
      assert.equal((await send(asker.control.endpoint, { method, path })).status, 403, path)
    }
    assert.equal((await send(asker.control.endpoint, { method: 'GET', path: '/windrow/v1/nothing' })).status, 404)
  })
})

it('a harvest job repeats its deliverables as the request had them', async (t) => {
  const asker = await start()
  t.after(() => asker.control.close())
  const deliverables = [{ kind: 'HLS' }, { kind: 'STILLS', times: [iso(-590), iso(-580)] }]
  const created = await asker.made(JOBS, { ...JOB, deliverables })
  assert.deepEqual(created['deliverables'], deliverables)
})

describe('quotas of harvest jobs', () => {
  it('count those that begin in the future by themselves', async (t) => {
    const asker = await start({ limits: { maxHarvestJobsInProgress: 1, maxHarvestJobsScheduled: 1 } })
    t.after(() => asker.control.close())
    const later = { startTime: iso(600), endTime: iso(660) }
    await asker.made(JOBS, { ...JOB, id: '1' })
    await asker.made(JOBS, { ...JOB, ...later, id: '2' })
    for (const [path, body, message] of [
      ['/harvest_jobs', { ...JOB, id: '3' }, 'Limit exceeded: at most 1 harvest jobs in progress'],
      [JOBS, { ...JOB, id: '3' }, 'Limit exceeded: at most 1 harvest jobs in progress'],
      [JOBS, { ...JOB, ...later, id: '3' }, 'Limit exceeded: at most 1 harvest jobs that begin in the future'],
    ] as const) {
      const answer = await asker.ask('POST', path, body)
      assert.deepEqual([answer.status, json(answer)['message']], [429, message])
    }
  })
})

describe('a preflight', () => {
  it('answers what would become of the job, and creates none', async (t) => {
    let forecast: HarvestForecast = {
      failures: [{ code: 'NoSuchBucket', message: 'There is no bucket clips.' }],
      isWaiting: false,
    }
    const asker = await start({ harvest: { forecast: async () => forecast } })
    t.after(() => asker.control.close())
    const { id: _, ...nameless } = JOB
    assert.deepEqual((await asker.ask('POST', `${JOBS}:preflight`, nameless)).json, {
      wouldSucceed: false,
      failures: [{ code: 'NoSuchBucket', message: 'There is no bucket clips.' }],
      waitsForLiveEdge: false,
    })
    const plan = { first: 1, last: 9, content: span(-9, 0), segments: 18, manifests: 3, gaps: [], gapCount: 0 }
    forecast = {
      failures: [],
      isWaiting: true,
      overwrites: true,
      plan,
      tracks: [{ name: 'index_1', segments: 18, written: 0 }],
    }
    assert.deepEqual((await asker.ask('POST', `${JOBS}:preflight`, JOB)).json, {
      wouldSucceed: true,
      failures: [],
      waitsForLiveEdge: true,
      overwritesParentManifest: true,
      firstProgramDateTime: iso(-9),
      lastProgramDateTime: iso(0),
      gaps: [],
      gapCount: 0,
      segments: 18,
      manifests: 3,
      tracks: [{ name: 'index_1', segments: 18 }],
    })
    assert.deepEqual((await asker.ask('GET', JOBS)).json, { harvestJobs: [] })
    assert.equal((await asker.ask('GET', '/harvest_jobs/goal')).status, 404)
  })
})

describe('what a failed job left', () => {
  it('is removed on request, and of no other job', async (t) => {
    const asked: [string, number][] = []
    const removeLeftovers = async ({ id }: { id: string }, limit: number) => {
      asked.push([id, limit])
      return asked.length === 1 ? limit : 3
    }
    const asker = await start({ harvest: { removeLeftovers } })
    t.after(() => asker.control.close())
    await asker.made(JOBS, JOB)
    await asker.refused('DELETE', `${JOBS}/goal/objects`, {}, 'id: the harvest job "goal" has not failed')
    const { resources } = asker.control
    const job = await resources.claimHarvestJob({ owner: 'w', now: at(0), leaseMs: 1000 })
    const failure = { code: 'Full', message: 'It is full.' }
    await resources.finishHarvestJob(
      { id: 'goal', fence: job?.run.fence ?? 0 },
      {
        at: at(0),
        outcome: { state: 'FAILED', failure },
        event: { id: 'e', at: at(0), detailType: 'x', resources: [], detail: {} },
      },
    )
    assert.deepEqual((await asker.ask('DELETE', `${JOBS}/goal/objects`)).json, { removed: 2000, isComplete: false })
    assert.deepEqual((await asker.ask('DELETE', `${JOBS}/goal/objects`)).json, { removed: 3, isComplete: true })
    assert.deepEqual(asked, Array(2).fill(['goal', 2000]))
  })
})

describe('events', () => {
  it('are listed as EventBridge would hand them on, with where to go on', async (t) => {
    const asker = await start()
    t.after(() => asker.control.close())
    const { resources } = asker.control
    const append = (id: string) =>
      resources.appendEvent({ id, at: at(0), detailType: 'Kind', resources: [`arn of ${id}`], detail: { id } })
    assert.deepEqual((await asker.ask('GET', '/windrow/v1/events')).json, { events: [] })
    await append('1')
    await append('2')
    const list = async (query: Record<string, string>) =>
      json(await asker.ask('GET', `/windrow/v1/events?${new URLSearchParams(query).toString()}`))
    const first = await list({ maxResults: '1' })
    assert.partialDeepStrictEqual((first['events'] as Json[])[0], {
      version: '0',
      id: '1',
      'detail-type': 'Kind',
      source: 'aws.mediapackage',
      time: '2026-03-04T12:00:00Z',
      resources: ['arn of 1'],
      detail: { id: '1' },
    })
    assert.equal(first['nextToken'], first['resumeToken'])
    const second = await list({ nextToken: String(first['nextToken']) })
    assert.deepEqual(
      (second['events'] as Json[]).map(({ id }) => id),
      ['2'],
    )
    assert.equal(second['nextToken'], undefined)
    const resume = { nextToken: String(second['resumeToken']) }
    assert.deepEqual(await list(resume), { events: [], resumeToken: second['resumeToken'] })
    await append('3')
    assert.deepEqual(
      ((await list(resume))['events'] as Json[]).map(({ id }) => id),
      ['3'],
    )
  })

  it('are listed from the newest on where that is asked for, page by page', async (t) => {
    const asker = await start()
    t.after(() => asker.control.close())
    for (const id of ['1', '2', '3']) {
      await asker.control.resources.appendEvent({ id, at: at(0), detailType: 'Kind', resources: [], detail: {} })
    }
    const list = async (query: string) => json(await asker.ask('GET', `/windrow/v1/events?${query}`))
    const ids = ({ events }: Json) => (events as Json[]).map(({ id }) => id)
    const first = await list('order=NEWEST_FIRST&maxResults=2')
    assert.deepEqual(ids(first), ['3', '2'])
    assert.equal(first['resumeToken'], undefined, 'what comes later is not behind the oldest')
    const token = String(first['nextToken'])
    assert.deepEqual(await list(`order=NEWEST_FIRST&nextToken=${token}`), {
      events: [(await list(''))['events']].flat().slice(0, 1),
    })
    await asker.refused('GET', `/windrow/v1/events?nextToken=${token}`, {}, 'nextToken: must be')
    await asker.refused('GET', '/windrow/v1/events?order=RANDOM', {}, 'order: must be')
  })

  it('are told a sink again from where it is asked to', async (t) => {
    const asker = await start()
    t.after(() => asker.control.close())
    const { resources } = asker.control
    const replay = (body: object, sink = 'webhook') => asker.ask('POST', `/windrow/v1/event_sinks/${sink}/replay`, body)
    assert.equal((await replay({})).status, 404)
    for (const id of ['1', '2']) {
      await resources.appendEvent({ id, at: at(0), detailType: 'Kind', resources: [], detail: {} })
    }
    const claim = () => resources.claimEventSink({ sink: 'webhook', owner: 'w', now: at(0), leaseMs: 1000 })
    await claim()
    const told = async () => {
      const { after = '' } = (await claim()) ?? {}
      return (await resources.listEvents({ limit: 9, after })).items.map(({ id }) => id)
    }
    assert.deepEqual(await told(), [])
    assert.equal((await replay({})).status, 202)
    assert.deepEqual(await told(), ['1', '2'])
    const first = json(await asker.ask('GET', '/windrow/v1/events?maxResults=1'))
    await replay({ after: first['resumeToken'] })
    assert.deepEqual(await told(), ['2'])
    await asker.refused('POST', '/windrow/v1/event_sinks/webhook/replay', { after: 'x' }, 'nextToken: must be')
  })
})

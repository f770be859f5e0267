import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ruleCommand } from '../../src/cli/rule-command.ts'
import { CommandFailed, CommandMisused } from '../../src/cli/terminal.ts'
import { utcMs } from '../../src/media/time.ts'
import type { MarkedEvent } from '../../src/model/event-selection.ts'
import { eventKey, type RuleRun } from '../../src/model/harvest-rule.ts'
import type { Resources } from '../../src/stores/resources.ts'
import { commandRunner } from './command-runner.ts'
import { assertDeletedOnce, assertSigned } from './guarded-collection.ts'
import { type Asker, NOW, ROLE, type Row, startAsker } from './rules-asker.ts'

const RULES = '/windrow/v1/harvest_rules'
const iso = (ms: number) => new Date(ms).toISOString()

const RULE = {
  id: 'shows',
  originEndpointId: 'hls',
  events: ['PROGRAM', 'CHAPTER'],
  segmentationTypeIds: [0x40],
  upid: 'NEWS*',
  minDurationSeconds: 60,
  maxDurationSeconds: 7200,
  s3Destination: { bucketName: 'clips', manifestKey: '{channel}/{start:yyyy/MM/dd}/{id}.m3u8', roleArn: ROLE },
}
const s3 = (manifestKey: string) => ({ s3Destination: { ...RULE.s3Destination, manifestKey } })
const CLIPS = {
  id: 'breaks',
  originEndpointId: 'hls',
  events: ['BREAK'],
  action: 'CLIP',
  cut: 'FRAME',
  expiresAfterSeconds: 60,
}

type Json = Record<string, unknown>
const json = (answer: { readonly json: unknown }) => answer.json as Json

async function start(options: Parameters<typeof startAsker>[0] = {}): Promise<Asker> {
  const asker = await startAsker(options)
  await asker.made('/channels', { id: 'main' })
  const endpoint = { channelId: 'main', hlsPackage: {} }
  await asker.made('/origin_endpoints', { ...endpoint, id: 'hls', startoverWindowSeconds: 3600 })
  await asker.made('/origin_endpoints', { ...endpoint, id: 'other', startoverWindowSeconds: 3600 })
  await asker.made('/origin_endpoints', { ...endpoint, id: 'live' })
  return asker
}

const SHOW: MarkedEvent = {
  kind: 'segmentation',
  id: 7,
  typeId: 0x10,
  upid: { type: 0x0f, hex: Buffer.from('NEWS/1').toString('hex') },
  start: utcMs(NOW - 600_000),
}

/** Records what became of an event, and another that goes on, as the runner of rules does. */
async function record(resources: Resources, id: string, outcome: Partial<RuleRun>, event = SHOW): Promise<void> {
  const { revision } = (await resources.harvestRuleById(id))!
  const end = utcMs(event.start + 60_000)
  const run = { key: eventKey(event), start: event.start, end, recordedAt: utcMs(NOW), event, ...outcome }
  const position = { until: utcMs(NOW), segment: { outputTimeline: 1, number: 9 }, open: [{ ...SHOW, id: 8 }] }
  assert.equal(await resources.recordRuleRuns({ id, revision }, { runs: [run], position }), 'recorded')
}

/** Bodies of CreateHarvestRule over a sound one. */
const REFUSED: readonly Row[] = [
  [{ id: 'a b' }, 'id'],
  [{ id: 'x'.repeat(201) }, 'id: must be at most 200 characters'],
  [{ originEndpointId: 'none' }, 'originEndpointId: there is no origin endpoint'],
  [{ originEndpointId: 'live' }, 'originEndpointId: live has no startover window'],
  [{ events: ['SHOW'] }, 'events[0]: must be one of PROGRAM, CHAPTER, BREAK'],
  [{ events: [], segmentationTypeIds: [] }, 'events: must name an event'],
  [{ segmentationTypeIds: [0x41] }, 'segmentationTypeIds[0]: must be the segmentation_type_id of a beginning'],
  [{ segmentationTypeIds: [1.5] }, 'segmentationTypeIds[0]: must be a whole number'],
  [{ upid: '' }, 'upid: must not be empty'],
  [{ upid: 'NEWS/é*' }, 'upid: must be printable ASCII'],
  [{ upid: 'NEWS\0' }, 'upid: must be printable ASCII'],
  [{ upid: 'x'.repeat(257) }, 'upid: must be at most 256 characters'],
  [{ minDurationSeconds: -1 }, 'minDurationSeconds: must be between 0 and 86400'],
  [{ maxDurationSeconds: 59 }, 'maxDurationSeconds: must be between 60 and 86400'],
  [{ action: 'TELL' }, 'action: must be one of JOB, CLIP'],
  [{ expiresAfterSeconds: 60 }, 'expiresAfterSeconds: must not be given where action is JOB'],
  [{ s3Destination: undefined }, 's3Destination: is required where action is JOB'],
  [{ action: 'CLIP' }, 's3Destination: must not be given where action is CLIP'],
  [s3('{channel}.m3u8'), 's3Destination.manifestKey: must name events that begin at different times differently'],
  [s3('{start}-{event}.m3u8'), 's3Destination.manifestKey: must name events of different types differently'],
  // Programmes have two types.
  [
    { events: ['PROGRAM'], segmentationTypeIds: [], ...s3('{start}-{event}.m3u8') },
    's3Destination.manifestKey: must name events of different types differently',
  ],
  [
    { events: ['BREAK'], segmentationTypeIds: [], ...s3('{end}-{event}.m3u8') },
    's3Destination.manifestKey: must name events that begin at different times differently',
  ],
  [s3('{id}.mp4'), 's3Destination.manifestKey: must be a path that ends in the file name of an HLS'],
  [s3('{schedule}/{id}.m3u8'), 's3Destination.manifestKey: must not have {schedule}'],
  [s3('{title}/{id}.m3u8'), 's3Destination.manifestKey: must have no other words in braces'],
  [{ s3Destination: { ...RULE.s3Destination, bucketName: 'A' } }, 's3Destination.bucketName'],
  [{ deliverables: [{ kind: 'MP4' }] }, 's3Destination.manifestKey: must be a path that ends in .mp4'],
  [{ deliverables: [{ kind: 'HLS' }, { kind: 'STILLS', times: [iso(NOW)] }] }, 'deliverables[1].times: must not'],
  [{ cut: 'FRAME_EXACT' }, 'cut: must not be FRAME_EXACT where HLS is made'],
  [{ gapPolicy: 'IGNORE' }, 'gapPolicy: must be one of'],
]

const CLIPS_REFUSED: readonly Row[] = [
  [{ cut: 'FRAME_EXACT' }, 'cut: must be SEGMENT or FRAME where action is CLIP'],
  [{ expiresAfterSeconds: 0 }, 'expiresAfterSeconds: must be between 1 and'],
  [{ deliverables: [{ kind: 'HLS' }] }, 'deliverables: must not be given where action is CLIP'],
  [{ report: true }, 'report: must not be given where action is CLIP'],
]

describe('a harvest rule', () => {
  let asker: Asker
  before(async () => {
    asker = await start()
  })
  after(() => asker.control.close())

  it('is created with its defaults, for jobs and for clips', async () => {
    const created = await asker.made(RULES, RULE)
    const made = { createdAt: iso(NOW), modifiedAt: iso(NOW), state: 'ACTIVE', openEvents: [], lastRuns: [] }
    const arn = `${String(created['arn']).split(':').slice(0, 5).join(':')}:harvest_rules/shows`
    const policies = { gapPolicy: 'DISCONTINUITY', earlyEndPolicy: 'CLAMP', report: false }
    assert.deepEqual(created, { ...RULE, arn, action: 'JOB', ...policies, ...made })
    await asker.refused('POST', RULES, RULE, 'id: a harvest rule with the id "shows" already exists')
    assert.deepEqual(json(await asker.ask('GET', `${RULES}/shows`)), created)
    assert.partialDeepStrictEqual(await asker.made(RULES, CLIPS), { ...CLIPS, state: 'ACTIVE' })
    const { harvestRules } = json(await asker.ask('GET', RULES))
    const shown = (harvestRules as Json[]).map(({ id, state }) => [id, state])
    assert.deepEqual(shown, [
      ['shows', 'ACTIVE'],
      ['breaks', 'ACTIVE'],
    ])
    const usage = json(await asker.ask('GET', '/windrow/v1/usage'))
    assert.deepEqual(usage['harvestRules'], { used: 2, quota: 100 })
  })

  it('may have a key of its id and its beginning where it is for one type', async () => {
    const one = { ...RULE, events: ['CHAPTER'], segmentationTypeIds: [0x20], ...s3('{start}-{event}.m3u8') }
    await asker.made(RULES, { ...one, id: 'one' })
  })

  for (const [rows, sound] of [
    [REFUSED, RULE],
    [CLIPS_REFUSED, CLIPS],
  ] as const) {
    for (const [body, rule] of rows) {
      it(`is refused ${sound === CLIPS ? 'for clips ' : ''}with ${JSON.stringify(body).slice(0, 80)}`, () =>
        asker.refused('POST', RULES, { ...sound, id: 'x', ...body }, rule))
    }
  }

  it('has a history of what became of events', async () => {
    const { resources } = asker.control
    const window = { startTime: iso(NOW - 600_000), endTime: iso(NOW - 540_000) }
    const job = { ...s3('a.m3u8'), originEndpointId: 'hls', ...window, id: 'a-job' }
    await asker.made('/windrow/v1/harvest_jobs', job)
    await record(resources, 'shows', { jobId: 'a-job' })
    await record(resources, 'shows', { clipId: 'a-clip' }, { ...SHOW, start: utcMs(NOW - 500_000) })
    const runs = json(await asker.ask('GET', `${RULES}/shows/runs?maxResults=1`))
    const event = { kind: 'segmentation', id: 7, typeId: 16, upid: 'NEWS/1' }
    const times = { startTime: iso(NOW - 500_000), endTime: iso(NOW - 440_000), recordedAt: iso(NOW) }
    assert.deepEqual(runs['runs'], [{ ...times, event, clipId: 'a-clip', state: 'CLIPPED' }])
    const rest = json(await asker.ask('GET', `${RULES}/shows/runs?nextToken=${String(runs['nextToken'])}`))
    assert.partialDeepStrictEqual(rest, { runs: [{ jobId: 'a-job', state: 'QUEUED' }] })
    assert.equal(rest['nextToken'], undefined)
    const described = json(await asker.ask('GET', `${RULES}/shows`))
    assert.equal((described['lastRuns'] as Json[]).length, 2)
    assert.equal(described['readUntil'], iso(NOW))
    assert.deepEqual(described['openEvents'], [{ startTime: iso(SHOW.start), ...event, id: 8 }])
    assert.equal((await asker.ask('GET', `${RULES}/nobody/runs`)).status, 404)
  })

  it('is replaced, and goes on where it was, unless its endpoint is another', async () => {
    const put = (body: object) => asker.ask('PUT', `${RULES}/shows`, { ...RULE, ...body })
    assert.partialDeepStrictEqual(json(await put({ events: ['BREAK'] })), { events: ['BREAK'], readUntil: iso(NOW) })
    const other = json(await put({ originEndpointId: 'other' }))
    assert.deepEqual([other['readUntil'], other['openEvents']], [undefined, []])
    await asker.refused('PUT', `${RULES}/shows`, { ...RULE, upid: '' }, 'upid')
    assert.equal((await asker.ask('PUT', `${RULES}/nobody`, RULE)).status, 404)
  })

  it('is stopped and started, and waits while its endpoint is gone', async () => {
    const state = async (method: string, path: string) => json(await asker.ask(method, `${RULES}/${path}`))['state']
    assert.equal(await state('POST', 'shows/stop'), 'STOPPED')
    assert.equal(json(await asker.ask('PUT', `${RULES}/shows`, RULE))['state'], 'STOPPED')
    assert.equal(await state('POST', 'shows/start'), 'ACTIVE')
    assert.equal(await state('POST', 'shows/start'), 'ACTIVE')
    await asker.ask('DELETE', '/origin_endpoints/hls')
    assert.equal(await state('GET', 'shows'), 'WAITING')
    for (const what of ['stop', 'start']) {
      assert.equal((await asker.ask('POST', `${RULES}/nobody/${what}`)).status, 404)
    }
  })

  it('is deleted once', () => assertDeletedOnce(asker, RULES, 'shows'))

  it('is shown to nobody who cannot sign', () => assertSigned(asker, RULES, 'breaks'))
})

it('there are no more harvest rules than the quota allows', async (t) => {
  const asker = await start({ limits: { maxHarvestRules: 1 } })
  t.after(() => asker.control.close())
  await asker.made(RULES, RULE)
  const answer = await asker.ask('POST', RULES, { ...RULE, id: 'another' })
  assert.deepEqual([answer.status, json(answer)['message']], [429, 'Limit exceeded: at most 1 harvest rules'])
})

const WORDS = ['--endpoint', 'hls', '--on', 'program', '--to', 'clips/{rule}/{id}.m3u8']

describe('windrow rule', () => {
  let asker: Asker
  before(async () => {
    asker = await start()
  })
  after(() => asker.control.close())

  const run = commandRunner(ruleCommand, () => asker)

  it('creates rules of everything that the API takes, as a line of JSON', async () => {
    const bounds = ['--upid', 'NEWS*', '--min', '5m', '--max', '2h']
    const options = ['--make', 'hls,mp4', '--cut', 'frame', '--gaps', 'clamp', '--early-end', 'fail', '--report']
    const on = ['--on', 'program, splice-insert,0x40,66']
    const made = await run(['create', '--id', 'shows', ...WORDS, ...on, ...bounds, ...options])
    assert.partialDeepStrictEqual(JSON.parse(made), {
      id: 'shows',
      originEndpointId: 'hls',
      events: ['PROGRAM', 'SPLICE_INSERT'],
      segmentationTypeIds: [64, 66],
      upid: 'NEWS*',
      minDurationSeconds: 300,
      maxDurationSeconds: 7200,
      action: 'JOB',
      s3Destination: { bucketName: 'clips', manifestKey: '{rule}/{id}.m3u8' },
      deliverables: [{ kind: 'HLS' }, { kind: 'MP4' }],
      cut: 'FRAME',
      gapPolicy: 'CLAMP',
      earlyEndPolicy: 'FAIL',
      report: true,
    })
    const clips = ['--endpoint', 'hls', '--on', 'break', '--clip', '--expires-after', '7d', '--cut', 'frame']
    const clipped = JSON.parse(await run(['create', '--id', 'breaks', ...clips])) as Json
    assert.partialDeepStrictEqual(clipped, { action: 'CLIP', cut: 'FRAME', expiresAfterSeconds: 604_800 })
  })

  it('changes what is named, and nothing else', async () => {
    const before = JSON.parse(await run(['describe', 'shows'])) as Json
    const changed = JSON.parse(await run(['change', 'shows', '--min', '10m', '--on', 'program'])) as Json
    const { segmentationTypeIds: _, ...rest } = before
    const modifiedAt = iso(NOW + 1)
    assert.deepEqual(changed, { ...rest, modifiedAt, events: ['PROGRAM'], minDurationSeconds: 600 })
    const clips = JSON.parse(await run(['change', 'shows', '--clip', '--expires-after', '1d'])) as Json
    assert.deepEqual([clips['action'], clips['s3Destination'], clips['cut']], ['CLIP', undefined, 'FRAME'])
    const jobs = JSON.parse(await run(['change', 'shows', '--to', 'clips/{rule}/{id}.m3u8'])) as Json
    assert.deepEqual([jobs['action'], jobs['expiresAfterSeconds'], jobs['cut']], ['JOB', undefined, 'FRAME'])
  })

  it('changes nothing that somebody else changes meanwhile, and says so', async (t) => {
    let others = 0
    const busy = await start({
      trouble: (resources) => ({
        async updateHarvestRule(record) {
          const { rule } = record
          const selection = { ...rule.selection, upid: 'THEIRS' }
          const theirs = { ...rule, selection, modifiedAt: utcMs(rule.modifiedAt + 1000) }
          if (others++ === 0) await resources.updateHarvestRule({ ...record, rule: theirs })
          return resources.updateHarvestRule(record)
        },
      }),
    })
    t.after(() => busy.control.close())
    await busy.made(RULES, RULE)
    const change = commandRunner(ruleCommand, () => busy)(['change', 'shows', '--min', '10m'])
    await assert.rejects(change, (error: Error) => {
      assert.ok(error instanceof CommandFailed)
      assert.match(error.message, /^Somebody else has changed this since/)
      return true
    })
    const { upid } = json(await busy.ask('GET', `${RULES}/shows`))
    assert.equal(upid, 'THEIRS')
  })

  it('tells people of a rule and its events', async () => {
    const failure = { code: 'EndUnknown', message: 'Nobody knows.' }
    await record(asker.control.resources, 'shows', { failure })
    const line = `${iso(NOW - 600_000)} to ${iso(NOW - 540_000)}  0x10 7 NEWS/1  MISSED: Nobody knows.\n`
    assert.equal(
      await run(['describe', 'shows'], true),
      'shows  ACTIVE  program, of NEWS*, at least 600 s, at most 7200 s\n' +
        '  of       hls\n' +
        '  to       clips/{rule}/{id}.m3u8\n' +
        `  read     until ${iso(NOW)}\n` +
        `  open     since ${iso(NOW - 600_000)}  0x10 8 NEWS/1\n` +
        `  run      ${line}`,
    )
    assert.equal(await run(['runs', 'shows'], true), line)
    assert.match(
      await run(['describe', 'breaks'], true),
      /^breaks {2}ACTIVE {2}break\n.*\n {2}to {7}clips of 604800 s\n/,
    )
    assert.match(await run(['list'], true), /^shows {2}ACTIVE .*\nbreaks {2}ACTIVE {2}break\n$/)
  })

  it('stops, starts and deletes a rule', async () => {
    assert.match(await run(['stop', 'breaks'], true), /^breaks {2}STOPPED/)
    assert.match(await run(['start', 'breaks'], true), /^breaks {2}ACTIVE/)
    assert.equal(await run(['delete', 'breaks'], true), 'breaks deleted\n')
    await assert.rejects(run(['describe', 'breaks']), CommandFailed)
  })

  const misused: readonly [readonly string[], RegExp][] = [
    [[], /needs one of create, change, list/],
    [['describe'], /needs the id of a rule/],
    [['create', ...WORDS], /--id is required/],
    [['create', '--id', 'x', '--endpoint', 'hls', '--to', 'a/b'], /--on is required/],
    [['create', '--id', 'x', '--endpoint', 'hls', '--on', 'program'], /--to is required/],
    [['create', '--id', 'x', ...WORDS, '--min', '5'], /--min must be a length/],
    [['change', 'shows'], /needs what is to be another/],
    [['list', '--on', 'program'], /--on/],
  ]
  for (const [words, message] of misused) {
    it(`is misused as ${JSON.stringify(words.slice(0, 6))}: ${message.source}`, () =>
      assert.rejects(run(words), (error) => error instanceof CommandMisused && message.test(error.message)))
  }
})

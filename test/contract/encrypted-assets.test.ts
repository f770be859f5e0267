/** What may be made of an encrypted endpoint, as each API of jobs and clips says it. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { clipCommand } from '../../src/cli/clip-command.ts'
import { ruleCommand } from '../../src/cli/rule-command.ts'
import { scheduleCommand } from '../../src/cli/schedule-command.ts'
import type { ClipService } from '../../src/control/control-context.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import { commandRunner } from './command-runner.ts'
import { type Asker, NOW, ROLE, startAsker } from './rules-asker.ts'

const iso = (seconds: number) => new Date(NOW + seconds * 1000).toISOString()
const to = (manifestKey: string) => ({ s3Destination: { bucketName: 'clips', manifestKey, roleArn: ROLE } })
const TIMES = { startTime: iso(-600), endTime: iso(-540) }
const API = '/windrow/v1'
const JOB = { originEndpointId: 'hls', ...TIMES, ...to('goals/1.m3u8') }
const MP4_REFUSED =
  'deliverables[1]: must not be of kind MP4: it would be in the clear, and hls is encrypted; encryption: NONE allows that'
const WITH_MP4 = { deliverables: [{ kind: 'HLS' }, { kind: 'MP4' }] }
const NONE = { encryption: 'NONE' }
const SPEKE = { roleArn: ROLE, systemIds: ['81376844-f976-481e-a84e-cc25d39b0b33'], url: 'https://keys.example.com' }
const encryptionOf = (resourceId: string) => ({ encryption: { spekeKeyProvider: { ...SPEKE, resourceId } } })

describe('of an encrypted endpoint', () => {
  let asker: Asker
  const contents: Parameters<ClipService['content']>[0][] = []
  const endpoint = (id: string, more: object = encryptionOf(id)) => ({
    id,
    channelId: 'main',
    startoverWindowSeconds: 3600,
    hlsPackage: more,
  })
  before(async () => {
    const clips: Partial<ClipService> = {
      async content(request) {
        contents.push(request)
        return {
          sources: [{ endpoint: request.endpoints[0]!, kinds: ['HLS'] }],
          pinned: request.span,
          bytes: 1,
          shown: [],
        }
      },
    }
    asker = await startAsker({ clips, limits: { maxHarvestJobsInProgress: 50 } })
    await asker.made('/channels', { id: 'main' })
    await asker.made('/origin_endpoints', endpoint('hls'))
    await asker.made('/origin_endpoints', endpoint('other'))
    await asker.made('/origin_endpoints', endpoint('clear', {}))
  })
  after(() => asker.control.close())

  const kept = async (id: string) => (await asker.control.resources.harvestJobById(id))!
  const isEncrypted = ({ packaging }: OriginEndpoint) => packaging.encryption !== undefined

  it('jobs of MediaPackage are as served', async () => {
    await asker.made('/harvest_jobs', { ...JOB, id: 'v1' })
    await asker.made('/harvest_jobs', { ...JOB, id: 'v1-none', ...NONE })
    for (const id of ['v1', 'v1-none']) {
      const job = await kept(id)
      assert.deepEqual([isEncrypted(job.endpoint), job.options], [true, undefined], id)
    }
  })

  it('jobs have its own presentation and text, or all of it in the clear, which they tell', async () => {
    const deliverables = ['HLS', 'SUBTITLES', 'METADATA'].map((kind) => ({ kind }))
    const served = await asker.made(`${API}/harvest_jobs`, { ...JOB, id: 'served', deliverables })
    assert.ok(!('encryption' in served))
    assert.ok(isEncrypted((await kept('served')).endpoint))
    const explicit = await asker.made(`${API}/harvest_jobs`, { ...JOB, id: 'explicit', encryption: 'AS_SERVED' })
    assert.equal(explicit['encryption'], 'AS_SERVED')
    await asker.refused('POST', `${API}/harvest_jobs`, { ...JOB, id: 'mp4', ...WITH_MP4 }, MP4_REFUSED)
    await asker.refused('POST', `${API}/harvest_jobs:preflight`, { ...JOB, ...WITH_MP4 }, MP4_REFUSED)
    const [kind, rule] = [
      'DASH',
      'deliverables[1]: must not be of kind DASH: it would be in the clear, because the keys of',
    ]
    const withDash = { deliverables: [{ kind: 'HLS' }, { kind }] }
    await asker.refused('POST', `${API}/harvest_jobs`, { ...JOB, id: 'dash', ...withDash }, rule)
    const clear = await asker.made(`${API}/harvest_jobs`, { ...JOB, id: 'mp4', ...WITH_MP4, ...NONE })
    assert.equal(clear['encryption'], 'NONE')
    assert.ok(!isEncrypted((await kept('mp4')).endpoint))
    await asker.refused(
      'POST',
      `${API}/harvest_jobs`,
      { ...JOB, id: 'x', encryption: 'CLEAR' },
      'encryption: must be one',
    )
  })

  it('jobs of several ranges have no other endpoint, unless they are in the clear', async () => {
    const { startTime: _, endTime: __, ...rest } = JOB
    const ranges = (...ids: readonly string[]) => ids.map((originEndpointId) => ({ originEndpointId, ...TIMES }))
    await asker.made(`${API}/harvest_jobs`, { ...rest, id: 'same', ranges: ranges('hls', 'hls') })
    const rule = 'ranges[1].originEndpointId: must be'
    for (const ids of [
      ['hls', 'other'],
      ['hls', 'clear'],
      ['clear', 'hls'],
    ]) {
      await asker.refused('POST', `${API}/harvest_jobs`, { ...rest, id: 'two', ranges: ranges(...ids) }, rule)
    }
    await asker.made(`${API}/harvest_jobs`, { ...rest, id: 'two', ranges: ranges('hls', 'other', 'clear'), ...NONE })
    const { endpoint: first, otherEndpoints = [] } = await kept('two')
    assert.deepEqual([first, ...otherEndpoints].map(isEncrypted), [false, false, false])
  })

  it('schedules and rules are held to what their jobs are', async () => {
    const every = { every: { hours: 1 }, durationSeconds: 600, originEndpointId: 'hls', ...to('{id}.m3u8') }
    await asker.refused('POST', `${API}/harvest_schedules`, { ...every, id: 's', ...WITH_MP4 }, MP4_REFUSED)
    assert.equal(
      (await asker.made(`${API}/harvest_schedules`, { ...every, id: 's', ...WITH_MP4, ...NONE }))['encryption'],
      'NONE',
    )
    const rule = { originEndpointId: 'hls', events: ['PROGRAM'], ...to('{id}.m3u8') }
    await asker.refused('POST', `${API}/harvest_rules`, { ...rule, id: 'r', ...WITH_MP4 }, MP4_REFUSED)
    assert.equal(
      (await asker.made(`${API}/harvest_rules`, { ...rule, id: 'r', ...WITH_MP4, ...NONE }))['encryption'],
      'NONE',
    )
    const { s3Destination: _, ...clips } = rule
    await asker.made(`${API}/harvest_rules`, { ...clips, id: 'clips', action: 'CLIP' })
    await asker.refused(
      'POST',
      `${API}/harvest_rules`,
      { ...clips, id: 'no', action: 'CLIP', ...NONE },
      'encryption: must not be given where action is CLIP',
    )
  })

  it('clips are made, and become jobs under the same rules', async () => {
    await asker.made(`${API}/clips`, { ...TIMES, id: 'goal', originEndpointId: 'hls' })
    assert.ok(isEncrypted(contents.at(-1)!.endpoints[0]!))
    const materialise = `${API}/clips/goal/materialise`
    await asker.refused('POST', materialise, { ...to('x/1.m3u8'), ...WITH_MP4 }, MP4_REFUSED)
    const job = (await asker.ask('POST', materialise, { ...to('x/1.m3u8'), jobId: 'of-goal', ...WITH_MP4, ...NONE }))
      .json
    assert.equal((job as Record<string, unknown>)['encryption'], 'NONE')
    assert.ok(!isEncrypted((await kept('of-goal')).endpoint))
    assert.equal((await asker.ask('POST', materialise, { ...to('x/2.m3u8'), jobId: 'as-served' })).status, 200)
    assert.ok(isEncrypted((await kept('as-served')).endpoint))
  })

  it('what was encrypted when a clip was made stays so, however the clip is changed', async () => {
    const change = async (hlsPackage: object) => {
      const answer = await asker.ask('PUT', '/origin_endpoints/hls', { startoverWindowSeconds: 3600, hlsPackage })
      assert.equal(answer.status, 200, answer.text)
    }
    await change({})
    const longer = await asker.ask('PUT', `${API}/clips/goal`, { startTime: iso(-700) })
    assert.equal(longer.status, 200, longer.text)
    assert.ok(isEncrypted(contents.at(-1)!.endpoints[0]!))
    assert.equal(
      (await asker.ask('POST', `${API}/clips/goal/materialise`, { ...to('x/3.m3u8'), jobId: 'later' })).status,
      200,
    )
    assert.ok(isEncrypted((await kept('later')).endpoint))
    await change(encryptionOf('hls'))
  })

  it('what was in the clear when a clip was made becomes a job as the endpoint is now', async () => {
    await asker.made(`${API}/clips`, { ...TIMES, id: 'early', originEndpointId: 'clear' })
    const hlsPackage = encryptionOf('clear')
    await asker.ask('PUT', '/origin_endpoints/clear', { startoverWindowSeconds: 3600, hlsPackage })
    const materialise = `${API}/clips/early/materialise`
    await asker.refused('POST', materialise, { ...to('y.m3u8'), ...WITH_MP4 }, MP4_REFUSED.replace('hls', 'clear'))
    assert.equal((await asker.ask('POST', materialise, { ...to('y.m3u8'), jobId: 'y' })).status, 200)
    const { packaging } = (await kept('y')).endpoint
    assert.equal(packaging.encryption?.spekeKeyProvider.resourceId, 'clear')
  })

  it('the command line asks for it by --encryption', async () => {
    const made = ['--make', 'hls,mp4', '--encryption', 'none', '--to', 'clips/{id}.m3u8']
    const expected = { encryption: 'NONE' }
    const schedule = commandRunner(scheduleCommand, () => asker)
    const words = ['--endpoint', 'hls', '--every', '1h', '--length', '10m']
    assert.partialDeepStrictEqual(JSON.parse(await schedule(['create', '--id', 'cli', ...words, ...made])), expected)
    const rule = commandRunner(ruleCommand, () => asker)
    const on = ['--endpoint', 'hls', '--on', 'program']
    assert.partialDeepStrictEqual(JSON.parse(await rule(['create', '--id', 'cli', ...on, ...made])), expected)
    assert.partialDeepStrictEqual(JSON.parse(await rule(['change', 'cli', '--encryption', 'none'])), expected)
    assert.ok(!('encryption' in JSON.parse(await rule(['change', 'cli', '--clip']))))
    const clip = commandRunner(clipCommand, () => asker)
    assert.partialDeepStrictEqual(JSON.parse(await clip(['materialise', 'goal', '--id', 'of-cli', ...made])), expected)
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { clipCommand } from '../../src/cli/clip-command.ts'
import { CommandFailed, CommandMisused } from '../../src/cli/terminal.ts'
import type { ClipService } from '../../src/control/control-context.ts'
import { utcMs } from '../../src/media/time.ts'
import type { ShownSegments } from '../../src/stores/clip-records.ts'
import { CREDENTIALS, REGION } from './control-under-test.ts'
import { NOW, ROLE, startAsker } from './rules-asker.ts'

const CLIPS = '/windrow/v1/clips'
const iso = (seconds: number) => new Date(NOW + seconds * 1000).toISOString()
const TIMES = { startTime: iso(-600), endTime: iso(-540) }
const QUOTAS = { maxClips: 4, maxClipBytes: 1000 }

type Json = Record<string, unknown>

describe('clips of our own API', () => {
  let asker: Awaited<ReturnType<typeof startAsker>>
  let now = NOW
  let bytes = 100
  /** Segments that are deleted after they were read, each in another request for content. */
  const gone: ShownSegments[] = []
  const asked: Parameters<ClipService['content']>[0][] = []
  before(async () => {
    const clips: Partial<ClipService> = {
      archivedBytes: async () => 12_345,
      async content(request) {
        asked.push(request)
        const { endpoints, span } = request
        return {
          sources: [{ endpoint: endpoints[0]!, kinds: ['HLS', 'MSS', 'MP4'] }],
          pinned: span,
          bytes,
          shown: gone.splice(0, 1),
        }
      },
    }
    asker = await startAsker({ clips, limits: QUOTAS, now: () => now })
    await asker.made('/channels', { id: 'main' })
    const endpoint = { channelId: 'main', startoverWindowSeconds: 3600 }
    await asker.made('/origin_endpoints', { id: 'live', channelId: 'main', hlsPackage: {} })
    await asker.made('/origin_endpoints', { ...endpoint, id: 'hls', hlsPackage: {} })
    await asker.made('/origin_endpoints', { ...endpoint, id: 'dash', dashPackage: {} })
    await asker.made('/channels', { id: 'bare' })
  })
  after(() => asker.control.close())

  const put = async (id: string, body: object) => {
    const answer = await asker.ask('PUT', `${CLIPS}/${id}`, body)
    assert.equal(answer.status, 200, answer.text)
    return answer.json as Json
  }
  const idsOf = async (query: string) => {
    const { clips, nextToken } = (await asker.ask('GET', `${CLIPS}?${query}`)).json as {
      clips: readonly { id: string }[]
      nextToken?: string
    }
    return { ids: clips.map(({ id }) => id), nextToken }
  }

  it('answer with what they are, and where they play', async () => {
    const made = await asker.made(CLIPS, { ...TIMES, id: 'goal', channelId: 'main', expiresAt: iso(60) })
    const { guid } = (await asker.control.resources.originEndpointById('hls'))!
    const base = `https://live.example.com/out/v1/${guid}/clips/goal`
    assert.deepEqual(made, {
      ...TIMES,
      id: 'goal',
      channelId: 'main',
      cut: 'SEGMENT',
      expiresAt: iso(60),
      createdAt: iso(0),
      modifiedAt: iso(0),
      pinnedBytes: 100,
      urls: {
        hls: `${base}/hls/index.m3u8`,
        mss: `${base}/mss/index.ism/Manifest`,
        mp4: `${base}/mp4/index.mp4`,
      },
    })
    assert.deepEqual((await asker.ask('GET', `${CLIPS}/goal`)).json, made)
    const { endpoints, span } = asked[0]!
    assert.deepEqual(
      endpoints.map(({ id }) => id),
      ['hls', 'dash'],
      'not of what cannot be harvested',
    )
    assert.deepEqual(span, { start: NOW - 600_000, end: NOW - 540_000 })
    const other = await asker.made(CLIPS, { ...TIMES, originEndpointId: 'dash', cut: 'FRAME' })
    assert.match(String(other['id']), /^[0-9a-f]{32}$/)
    const long = await asker.made(CLIPS, { startTime: iso(-3601), endTime: iso(0), originEndpointId: 'dash' })
    assert.deepEqual(Object.keys(long['urls'] as object), ['hls', 'mss'], 'longer than one file may be')
    await asker.ask('DELETE', `${CLIPS}/${String(long['id'])}`)
    assert.deepEqual([other['originEndpointId'], other['cut'], other['expiresAt']], ['dash', 'FRAME', undefined])
    await asker.ask('DELETE', `${CLIPS}/${String(other['id'])}`)
  })

  const refused: readonly (readonly [string, object, string | RegExp])[] = [
    ['an id of other letters', { ...TIMES, id: 'a/b', channelId: 'main' }, 'id'],
    ['an id that is in use', { ...TIMES, id: 'goal', channelId: 'main' }, /id: a clip with the id "goal" already/],
    ['neither channel nor endpoint', TIMES, 'channelId: is required, or originEndpointId'],
    ['both', { ...TIMES, channelId: 'main', originEndpointId: 'hls' }, 'channelId'],
    ['a channel that is not there', { ...TIMES, channelId: 'none' }, 'channelId'],
    ['a channel that cannot be harvested', { ...TIMES, channelId: 'bare' }, 'channelId'],
    ['an endpoint that is not there', { ...TIMES, originEndpointId: 'none' }, 'originEndpointId'],
    ['an endpoint that cannot be harvested', { ...TIMES, originEndpointId: 'live' }, 'originEndpointId'],
    ['no time', { channelId: 'main', endTime: iso(0) }, 'startTime'],
    ['a time that is none', { ...TIMES, startTime: 'now', channelId: 'main' }, 'startTime'],
    ['another cut', { ...TIMES, cut: 'PICTURE', channelId: 'main' }, 'cut'],
    ['an end in the past', { ...TIMES, expiresAt: iso(0), channelId: 'main' }, 'expiresAt'],
  ]
  for (const [what, body, rule] of refused) {
    it(`refuse ${what}`, () => asker.refused('POST', CLIPS, body, rule))
  }

  it('change what is given, and only ask the archive where their window or cut changes', async () => {
    const before = asked.length
    const later = await put('goal', { expiresAt: iso(120) })
    assert.deepEqual([later['expiresAt'], asked.length], [iso(120), before])
    assert.equal((await put('goal', {}))['expiresAt'], iso(120))
    assert.equal((await put('goal', { expiresAt: 'NEVER' }))['expiresAt'], undefined)
    assert.equal((await asker.control.resources.clipById('goal'))?.expiresAt, undefined)
    await put('goal', { expiresAt: iso(120) })
    const held = await asker.control.resources.clipById('goal')
    now += 1
    const moved = await put('goal', { startTime: iso(-590), cut: 'FRAME' })
    assert.deepEqual([moved['startTime'], moved['endTime'], moved['cut']], [iso(-590), iso(-540), 'FRAME'])
    assert.deepEqual(asked.at(-1)?.held, held)
    const clip = await asker.control.resources.clipById('goal')
    assert.deepEqual([clip?.formerEdition, clip?.edition], [held?.edition, NOW + 1])
    await asker.refused('PUT', `${CLIPS}/goal`, { expiresAt: iso(-1) }, 'expiresAt')
    assert.equal((await asker.ask('PUT', `${CLIPS}/none`, {})).status, 404)
  })

  it('are made of what is read again where it was deleted meanwhile, and refused at last', async () => {
    const deleted: ShownSegments = { outputTimeline: 1, first: 1, last: 2, count: 2 }
    gone.push(deleted, deleted)
    const before = asked.length
    const body = { ...TIMES, id: 'raced', channelId: 'main' }
    await asker.made(CLIPS, body)
    assert.equal(asked.length, before + 3)
    gone.push(deleted)
    await put('raced', { startTime: iso(-590) })
    assert.equal(asked.length, before + 5)
    assert.equal((await asker.ask('DELETE', `${CLIPS}/raced`)).status, 200)
    gone.push(deleted, deleted, deleted)
    await asker.refused('POST', CLIPS, body, 'startTime')
  })

  it('have quotas, which errors name and usage shows', async () => {
    bytes = 901
    const tooMuch = await asker.ask('POST', CLIPS, { ...TIMES, id: 'big', channelId: 'main' })
    assert.deepEqual([tooMuch.status, tooMuch.errorType], [429, 'TooManyRequestsException'])
    assert.match(tooMuch.text, /at most 1000 bytes pinned by clips \(max-clip-bytes\)/)
    bytes = 1
    for (const id of ['a', 'b', 'c']) await asker.made(CLIPS, { ...TIMES, id, originEndpointId: 'hls' })
    const tooMany = await asker.ask('POST', CLIPS, { ...TIMES, id: 'd', channelId: 'main' })
    assert.match(tooMany.text, /at most 4 clips \(max-clips\)/)
    assert.deepEqual((await asker.ask('GET', '/windrow/v1/usage')).json, {
      clips: { used: 4, quota: 4 },
      pinnedBytes: { used: 103, quota: 1000 },
      archiveBytes: { used: 12_345 },
      channels: { used: 2, quota: 30 },
      harvestJobsInProgress: { used: 0, quota: 10 },
      harvestJobsScheduled: { used: 0, quota: 100 },
      harvestSchedules: { used: 0, quota: 100 },
      harvestRules: { used: 0, quota: 100 },
    })
  })

  it('are listed page by page, by channel, as long as they last', async () => {
    const first = await idsOf('maxResults=3')
    assert.deepEqual(first.ids, ['goal', 'a', 'b'])
    assert.deepEqual((await idsOf(`nextToken=${first.nextToken}`)).ids, ['c'])
    assert.deepEqual((await idsOf('channelId=bare')).ids, [])
    assert.equal((await idsOf('channelId=main')).ids.length, 4)
    now = NOW + 120_000
    assert.deepEqual((await idsOf('channelId=main')).ids, ['a', 'b', 'c'])
    assert.equal((await asker.ask('GET', `${CLIPS}/goal`)).status, 404)
    assert.equal((await asker.ask('PUT', `${CLIPS}/goal`, {})).status, 404)
    assert.equal((await asker.ask('DELETE', `${CLIPS}/goal`)).status, 404)
    assert.equal((await asker.ask('DELETE', `${CLIPS}/a`)).status, 200)
    assert.equal((await asker.ask('DELETE', `${CLIPS}/a`)).status, 404)
  })

  it('become a harvest job, of what they have pinned', async () => {
    const s3Destination = { bucketName: 'clips', manifestKey: 'x/{id}.m3u8', roleArn: ROLE }
    const job = (await asker.ask('POST', `${CLIPS}/b/materialise`, { jobId: 'asset', s3Destination })).json as Json
    assert.deepEqual(job['s3Destination'], { ...s3Destination, manifestKey: 'x/asset.m3u8' })
    assert.deepEqual([job['clipId'], job['cut'], job['status']], ['b', 'SEGMENT', 'IN_PROGRESS'])
    const record = await asker.control.resources.harvestJobById('asset')
    assert.deepEqual([record?.clip, record?.start], ['b', utcMs(NOW - 600_000)])
    await asker.refused('POST', `${CLIPS}/b/materialise`, { jobId: 'asset', s3Destination }, 'id')
    const wrong = { ...s3Destination, manifestKey: 'x.mpd' }
    await asker.refused('POST', `${CLIPS}/b/materialise`, { s3Destination: wrong }, 's3Destination.manifestKey')
    const none = await asker.ask('POST', `${CLIPS}/none/materialise`, { s3Destination })
    assert.equal(none.status, 404)
  })

  it('give their id to another clip when they have ended', async () => {
    const ends = new Date(now + 1000).toISOString()
    await asker.made(CLIPS, { ...TIMES, id: 'brief', channelId: 'main', expiresAt: ends })
    now += 1000
    await asker.made(CLIPS, { ...TIMES, id: 'brief', channelId: 'main' })
    assert.equal((await asker.ask('DELETE', `${CLIPS}/brief`)).status, 200)
  })

  it('are made, listed, changed and deleted on the command line', async () => {
    const run = async (args: readonly string[], isTerminal = false) => {
      const written: string[] = []
      const write = (text: string) => void written.push(text)
      const terminal = { isTerminal, columns: 200, write, now: () => now, sleep: async () => {} }
      const keys = {
        WINDROW_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
        WINDROW_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      }
      await clipCommand([...args, '--url', asker.control.endpoint, '--region', REGION], keys, terminal)
      return written.join('')
    }
    const words = ['--channel', 'main', '--start', '-10m', '--end', '-9m', '--cut', 'frame', '--expires', '+30d']
    const made = JSON.parse(await run(['create', '--id', 'cli', ...words])) as Json
    const at = (seconds: number) => new Date(now + seconds * 1000).toISOString()
    assert.deepEqual([made['startTime'], made['endTime'], made['cut']], [at(-600), at(-540), 'FRAME'])
    assert.equal(made['expiresAt'], at(30 * 86_400))
    assert.match(
      await run(['change', 'cli', '--end', '-8m'], true),
      /^cli {2}main .*\n {2}hls {2}https:.*\n {2}mss {2}https/,
    )
    assert.match(await run(['list', '--channel', 'main'], true), /^cli {2}main {2}.*, until /m)
    assert.equal(JSON.parse(await run(['describe', 'cli']))['endTime'], at(-480))
    assert.doesNotMatch(await run(['change', 'cli', '--expires', 'NEVER'], true), /until/)
    const asset = ['--to', 'clips/cli/goal.mp4', '--make', 'mp4', '--chapters', 'id3', '--id', 'of-cli']
    const job = JSON.parse(await run(['materialise', 'cli', ...asset])) as Json
    assert.deepEqual([job['id'], job['clipId'], job['status']], ['of-cli', 'cli', 'IN_PROGRESS'])
    assert.deepEqual(job['deliverables'], [{ kind: 'MP4', chapters: 'ID3' }])
    assert.deepEqual(JSON.parse(await run(['delete', 'cli'])), { id: 'cli', state: 'DELETED' })
    await assert.rejects(run(['describe', 'cli']), CommandFailed)
    for (const misused of [
      [],
      ['watch'],
      ['describe'],
      ['list', 'cli'],
      ['create', '--start', '-1m'],
      ['materialise', 'cli'],
      ['materialise', 'cli', '--to', 'clips/a.m3u8', '--make', 'hls', '--chapters', 'id3'],
    ]) {
      await assert.rejects(run(misused), CommandMisused)
    }
  })
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { harvestCommand } from '../../src/cli/harvest-command.ts'
import { CommandFailed, CommandMisused } from '../../src/cli/terminal.ts'
import { utcMs } from '../../src/media/time.ts'
import type { HarvestOutcome } from '../../src/model/harvest-job.ts'
import { type ControlUnderTest, CREDENTIALS, REGION, startControl } from './control-under-test.ts'
import { type Asker, NOW, startAsker } from './rules-asker.ts'

const iso = (seconds: number) => new Date(NOW + seconds * 1000).toISOString()
const KEYS = {
  WINDROW_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  WINDROW_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  WINDROW_REGION: REGION,
}
const JOB = ['--endpoint', 'hls', '--start', '-10m', '--end', '-9m', '--to', 'clips/goals/1.m3u8']

type Options = {
  terminal?: boolean
  onSleep?: () => Promise<void>
  env?: Record<string, string>
  control: ControlUnderTest
}

/** Runs a command; what it wrote, and its exit code. */
async function run(args: readonly string[], { terminal = false, onSleep, env = KEYS, control }: Options) {
  let written = ''
  const shown = {
    isTerminal: terminal,
    columns: 200,
    write: (text: string) => {
      written += text
    },
    now: () => NOW,
    sleep: async () => onSleep?.(),
  }
  const bucketsWith = () => assert.fail('no bucket is read')
  const code = await harvestCommand([...args, '--url', control.endpoint], { env, terminal: shown, bucketsWith })
  const lines = written.split('\n').filter((line) => line !== '')
  return { code, written, json: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

describe('windrow harvest', () => {
  let asker: Asker
  let control: ControlUnderTest
  before(async () => {
    asker = await startAsker()
    control = asker.control
    await asker.made('/channels', { id: 'main' })
    await asker.made('/origin_endpoints', {
      id: 'hls',
      channelId: 'main',
      startoverWindowSeconds: 3600,
      hlsPackage: {},
    })
  })
  after(() => control.close())

  const end = async (outcome: HarvestOutcome) => {
    const { resources } = control
    const job = await resources.claimHarvestJob({ owner: 'w', now: utcMs(NOW), leaseMs: 1000 })
    assert.ok(job)
    const event = { id: `end of ${job.id}`, at: utcMs(NOW), detailType: 'x', resources: [], detail: {} }
    await resources.finishHarvestJob({ id: job.id, fence: job.run.fence }, { at: utcMs(NOW), outcome, event })
  }
  const FAILED: HarvestOutcome = { state: 'FAILED', failure: { code: 'Full', message: 'The disk is full.' } }

  it('creates a job, and prints it as a line of JSON', async () => {
    const { code, json } = await run(['create', '--id', 'goal', ...JOB, '--gaps', 'clamp', '--report'], { control })
    assert.equal(code, 0)
    assert.equal(json().length, 1)
    assert.partialDeepStrictEqual(json()[0], {
      id: 'goal',
      startTime: iso(-600),
      endTime: iso(-540),
      s3Destination: { bucketName: 'clips', manifestKey: 'goals/1.m3u8' },
      gapPolicy: 'CLAMP',
      report: true,
    })
    await end({ state: 'SUCCEEDED' })
  })

  it('asks for several ranges, each of an endpoint of its own where it names one', async () => {
    const ranges = ['--range', '-10m..-9m', '--range', `${iso(-400)}..-5m@hls`]
    const { code, json } = await run(
      ['create', '--id', 'ranges', '--endpoint', 'hls', ...ranges, '--to', 'clips/a.m3u8'],
      { control },
    )
    assert.equal(code, 0)
    assert.partialDeepStrictEqual(json()[0], {
      originEndpointId: 'hls',
      startTime: iso(-600),
      ranges: [
        { originEndpointId: 'hls', startTime: iso(-600), endTime: iso(-540) },
        { originEndpointId: 'hls', startTime: iso(-400), endTime: iso(-300) },
      ],
    })
    await end({ state: 'SUCCEEDED' })
    await assert.rejects(
      run(['create', '--range', '-10m', '--to', 'clips/a.m3u8'], { control }),
      /--range must be START\.\.END/,
    )
  })

  it('makes a name for a job that has none', async () => {
    const { written } = await run(['create', ...JOB], { control, terminal: true })
    assert.equal(written, 'hls-20260304120000  QUEUED\n')
    await end(FAILED)
  })

  it('watches a job to its end, on a terminal in one line, elsewhere in JSON', async () => {
    let polls = 0
    const onSleep = async () => {
      if (++polls === 2) await end({ state: 'SUCCEEDED' })
    }
    const watched = await run(['create', '--id', 'watched', ...JOB, '--watch'], { control, terminal: true, onSleep })
    assert.equal(watched.code, 0)
    const clear = '\r\u001b[K'
    const queued = `${clear}watched  QUEUED`
    assert.equal(watched.written, `${queued}${queued}${clear}watched  SUCCEEDED\n  asset    clips/goals/1.m3u8\n`)

    polls = 0
    await run(['create', '--id', 'other', ...JOB], { control })
    const lines = await run(['watch', 'other'], {
      control,
      onSleep: async () => (++polls === 3 ? end(FAILED) : undefined),
    })
    assert.equal(lines.code, 1)
    assert.deepEqual(
      lines.json().map(({ state }) => state),
      ['QUEUED', 'FAILED'],
      'one line for each change',
    )
  })

  it('watches as for people, where it is asked to, without a terminal', async () => {
    const onSleep = () => end({ state: 'SUCCEEDED' })
    const { written } = await run(['create', '--id', 'read', ...JOB, '--watch', '--text'], { control, onSleep })
    assert.equal(written, 'read  QUEUED\nread  SUCCEEDED\n  asset    clips/goals/1.m3u8\n')
  })

  it('lists jobs', async () => {
    const all = await run(['list'], { control })
    assert.deepEqual(
      all.json().map(({ id, state }) => `${String(id)} ${String(state)}`),
      [
        'goal SUCCEEDED',
        'ranges SUCCEEDED',
        'hls-20260304120000 FAILED',
        'watched SUCCEEDED',
        'other FAILED',
        'read SUCCEEDED',
      ],
    )
    const failed = await run(['list', '--status', 'failed', '--channel', 'main'], { control, terminal: true })
    assert.equal(failed.written, 'hls-20260304120000  FAILED\nother  FAILED\n')
    assert.equal((await run(['list', '--channel', 'none'], { control })).written, '')
  })

  it('cancels a job, and waits until it has ended', async () => {
    await run(['create', '--id', 'unwanted', ...JOB], { control })
    const failure = { code: 'Cancelled', message: 'The job was cancelled.' }
    const onSleep = () => end({ state: 'CANCELLED', failure })
    const { code, written } = await run(['cancel', 'unwanted'], { control, terminal: true, onSleep })
    assert.equal(code, 0)
    assert.equal(written, 'unwanted  CANCELLED\n  Cancelled The job was cancelled.\n')
  })

  it('removes what a failed job left', async () => {
    assert.deepEqual((await run(['clean', 'other'], { control })).json(), [{ id: 'other', removed: 0 }])
    await assert.rejects(run(['clean', 'goal'], { control }), (error) => {
      return error instanceof CommandFailed && /has not failed/.test(error.message)
    })
  })

  it('asks before it acts', async (t) => {
    const failures = [{ code: 'NoSuchBucket', message: 'There is no bucket clips.' }]
    const wary = await startControl({
      now: () => NOW,
      harvest: { forecast: async () => ({ failures, isWaiting: false }) },
    })
    t.after(() => wary.close())
    for (const kind of ['channel', 'endpoint'] as const) {
      const endpoint = await control.resources.originEndpointById('hls')
      const channel = await control.resources.channelById('main')
      if (kind === 'channel') await wary.resources.createChannel(channel!, { maxChannels: 9 })
      else await wary.resources.createOriginEndpoint(endpoint!, { maxPerChannel: 9 })
    }
    const { code, written } = await run(['preflight', ...JOB], { control: wary, terminal: true })
    assert.equal(code, 1)
    assert.equal(written, 'The job would fail.\n  NoSuchBucket There is no bucket clips.\n')
    assert.equal((await run(['preflight', ...JOB], { control })).code, 0)
  })

  it('says in a line what is wrong with a command', async () => {
    for (const [args, message] of [
      [[], /^windrow harvest needs one of create, preflight, watch, list, cancel, clean, verify; /],
      [['reap'], /^windrow harvest needs one of /],
      [['create'], /^--to is required$/],
      [['create', ...JOB.slice(2)], /^--endpoint is required$/],
      [['create', ...JOB, '--to', 'clips'], /^--to must be BUCKET\/PATH/],
      [['create', ...JOB, '--start', '-10'], /^--start must be a time/],
      [['create', ...JOB, '--bucket', 'x'], /--bucket/],
      [['create', 'goal', ...JOB], /^unexpected argument "goal"$/],
      [['watch'], /^windrow harvest watch needs the id of a job$/],
      [['list', '--gaps', 'fail'], /--gaps/],
    ] as const) {
      await assert.rejects(run(args, { control }), (error: Error) => {
        assert.ok(error instanceof CommandMisused, String(error))
        assert.match(error.message, message)
        return !error.message.includes('\n')
      })
    }
  })

  it('passes on what the server says', async () => {
    for (const [args, message] of [
      [['watch', 'nobody'], /^There is no harvest job with the id "nobody"$/],
      [['create', ...JOB, '--id', 'a b'], /^id: must be /],
      [['create', ...JOB, '--gaps', 'ignore'], /^gapPolicy: must be one of /],
    ] as const) {
      await assert.rejects(run(args, { control }), (error: Error) => {
        assert.ok(error instanceof CommandFailed, String(error))
        assert.match(error.message, message)
        return true
      })
    }
    const stranger = { ...KEYS, WINDROW_SECRET_ACCESS_KEY: 'another secret' }
    await assert.rejects(run(['list'], { control, env: stranger }), CommandFailed)
  })

  it('finds its keys where the server keeps them, and where AWS’s tools look', async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'windrow-keys-'))
    t.after(() => rmSync(data, { recursive: true }))
    const { accessKeyId, secretAccessKey } = CREDENTIALS
    const file = join(data, 'credentials')
    const text = `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
    writeFileSync(file, text, { mode: 0o600 })
    const region = { WINDROW_REGION: REGION }
    assert.equal((await run(['list', '--data', data], { control, env: region })).code, 0)
    const shared = { AWS_REGION: REGION, AWS_SHARED_CREDENTIALS_FILE: file }
    assert.equal((await run(['list'], { control, env: shared })).code, 0)
    const aws = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
    assert.equal((await run(['list', '--region', REGION], { control, env: aws })).code, 0)
    const none = run(['list', '--data', join(data, 'none')], { control, env: region })
    await assert.rejects(none, /^CommandFailed: no keys to sign with/)
  })

  it('says that nobody answers', async () => {
    const gone = await startControl()
    await gone.close()
    await assert.rejects(run(['list'], { control: gone }), /http:\/\/127\.0\.0\.1:\d+ does not answer \(ECONNREFUSED\)/)
  })
})

/** A server that looks at itself, and tells a tracer what it does. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createChannel, createHarvestJob, createHlsEndpoint, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { encodeLoop } from '../judges/loop.ts'
import { eventually, freePort, temporaryFolder } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import type { RecordedSpan } from '../tracing/recording-tracer.ts'

const { after, before, describe, it } = needing('ffmpeg')

const TRACER = new URL('../tracing/to-file.ts', import.meta.url)
const SEGMENTS = 8

describe('a server', () => {
  let windrow: Windrow
  let metricsUrl: string
  let url: string
  let pusher: Pusher
  const spansFile = join(temporaryFolder('spans'), 'spans.jsonl')
  const began = Date.now() - 60_000
  before(async () => {
    const port = await freePort()
    metricsUrl = `http://127.0.0.1:${port}/metrics`
    windrow = await Windrow.start({
      environment: {
        WINDROW_METRICS_LISTEN: `127.0.0.1:${port}`,
        WINDROW_SELF_CHECK_INTERVAL: '100ms',
        NODE_OPTIONS: `--import ${TRACER}`,
        SPANS_FILE: spansFile,
      },
    })
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'tv')
    url = await createHlsEndpoint(client, 'tv', 'tv-hls')
    pusher = new Pusher(ingest, await encodeLoop(), began)
    await pusher.pushParent()
    for (let i = 0; i < SEGMENTS; i++) await pusher.pushNext()
  })
  after(() => windrow?.stop())

  it('looks at its endpoints as players would, and finds nothing wrong', async () => {
    const text = await eventually('looks that find nothing', async () => {
      const metrics = await (await fetch(metricsUrl)).text()
      const [, count] =
        /^windrow_self_checks_total\{.*origin_endpoint="tv-hls",result="ok"\} (\d+)$/m.exec(metrics) ?? []
      return Number(count) >= 4 ? metrics : undefined
    })
    assert.doesNotMatch(text, /^windrow_self_check_findings_total\{/m)
    assert.doesNotMatch(windrow.log, /self-check-finding|background-work-failed/)
    assert.doesNotMatch(text, /^windrow_egress_requests_total\{/m, 'looks are no requests of players')
  })

  it('tells the tracer that was registered what it does', async () => {
    await pusher.pushNext()
    await pusher.pushNext()
    const client = mediaPackage(windrow)
    const iso = (time: number) => new Date(time).toISOString()
    for (const name of ['index_1.m3u8', 'index_1_1.ts'])
      assert.equal((await fetch(new URL(name, url))).status, 200, name)
    const window = { startTime: iso(began), endTime: iso(began + 4000) }
    await createHarvestJob(client, 'goal', 'tv-hls', window, 'clips', 'goal/index.m3u8')
    assert.equal(await harvestOutcome(client, 'goal'), 'SUCCEEDED', windrow.log)
    const spans = await eventually('the span of the job', async () => {
      const read = readFileSync(spansFile, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
      const recorded = read.map((line): RecordedSpan => JSON.parse(line))
      return recorded.some(({ name }) => name === 'harvest.job') ? recorded : undefined
    })
    const names = new Set(spans.map(({ name }) => name))
    assert.deepEqual([...names].toSorted(), ['harvest.job', 'ingest.put', 'manifest', 'publish', 'segment.make'])
    // Those that nobody had asked for were published for the first manifest.
    const published = spans.findLast(({ name }) => name === 'publish')
    const put = spans.find(({ spanId }) => spanId === published?.parent)
    assert.equal(put?.name, 'ingest.put')
    assert.equal(put?.attributes['windrow.channel'], published?.attributes['windrow.channel'])
    const job = spans.find(({ name }) => name === 'harvest.job')
    assert.equal(job?.attributes['windrow.harvest_job'], 'goal')
  })
})

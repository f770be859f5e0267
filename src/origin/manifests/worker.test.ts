import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { sampleKeys } from '../../../test/keys/sample-keys.ts'
import { systemsEncryption } from '../../../test/keys/sample-systems.ts'
import { FakeArchive, NOON, outputSegments, windowOf } from '../../../test/origin/sample-channel.ts'
import { hlsEndpoint, mssEndpoint } from '../../../test/origin/sample-endpoints.ts'
import type { SegmentRange } from '../../archive/reader.ts'
import { utcMs } from '../../media/time.ts'
import { NoContentKey } from '../../packaging/content-keys.ts'
import { StoreUnavailable } from '../../stores/resources.ts'
import { ManifestWorker } from './worker.ts'

const ENDPOINT = hlsEndpoint()
const archive = new FakeArchive(windowOf(outputSegments(1, [{}, {}, {}])))

async function jobFor(summaries?: SegmentRange['summaries']) {
  const edge = (await archive.edge(ENDPOINT))!
  const window = { start: NOON, end: utcMs(NOON + 12_000) }
  const segmentRange = (await archive.range(ENDPOINT, window, edge))!
  const style = { kind: 'live', shift: { folder: 'window/', isOver: true } } as const
  return {
    endpoint: ENDPOINT,
    path: 'index_1.m3u8',
    segmentRange: { ...segmentRange, ...(summaries && { summaries }) },
    style,
  }
}

describe('the manifest worker', () => {
  const worker = new ManifestWorker(sampleKeys(), () => utcMs(0))
  after(() => worker.close())

  it('writes what the format writes, and says what of', async () => {
    const rendered = await worker.render(await jobFor())
    assert.ok(rendered instanceof Object)
    const { body, contentType, lastSequence, lastUpdated, isHeldBack, digest } = rendered
    assert.match(Buffer.from(body).toString(), /^#EXTM3U\n[\s\S]*_1_2\.ts\?m=1700000000\n#EXT-X-ENDLIST\n$/)
    assert.deepEqual(
      [contentType, lastSequence, lastUpdated, isHeldBack, digest.length],
      ['application/vnd.apple.mpegurl', 2, NOON + 12_250, false, 43],
    )
  })

  it('passes a failure of the index on, and goes on', async () => {
    const failure = new StoreUnavailable('the index is away')
    const failing = await jobFor(async () => Promise.reject(failure))
    await assert.rejects(worker.render(failing), failure)
    assert.ok(await worker.render(await jobFor()))
  })

  it('says which keys a provider has not given', async () => {
    const endpoint = mssEndpoint({ encryption: systemsEncryption('CENC') })
    const job = { ...(await jobFor()), endpoint, path: 'index.ism/Manifest' }
    await assert.rejects(worker.render(job), new NoContentKey('the provider has given no ProtectionHeader'))
  })

  it('fails what was in a thread that ended, and starts another', async () => {
    const own = new ManifestWorker(sampleKeys(), () => utcMs(0))
    const isIn = Promise.withResolvers<void>()
    const job = await jobFor(() => {
      isIn.resolve()
      return new Promise(() => {})
    })
    const never = own.render(job)
    await isIn.promise
    await Promise.all([assert.rejects(never, /has ended/), own.close()])
    assert.ok(await own.render(await jobFor()))
    await own.close()
  })
})

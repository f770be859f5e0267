/** Jobs of encrypted endpoints: where their keys come from, what is told of them, and what never becomes of them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JobLedger } from '../../test/harvest/job-ledger.ts'
import { archiveOf, at, harvestJob, RecordingBuckets, rehearsal } from '../../test/harvest/sample-harvest.ts'
import { sampleEncryption } from '../../test/keys/sample-encryption.ts'
import { keyBytes, sampleKeys } from '../../test/keys/sample-keys.ts'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import { utcMs } from '../media/time.ts'
import { inTheClear } from '../model/asset-encryption.ts'
import { keyPeriodAt } from '../model/content-keys.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestJob, type HarvestOptions } from '../model/harvest-job.ts'
import { type ContentKeys, NoContentKey } from '../packaging/content-keys.ts'
import { assetFormatOf } from '../packaging/deliverables/asset-format.ts'
import { hls } from '../packaging/hls-ts/format.ts'
import type { AssetFormat, SegmentBody } from '../packaging/output-format.ts'
import { createHarvester } from './job/harvester.ts'
import { forecast } from './job/preflight.ts'

const ENCRYPTION = sampleEncryption('AES_128', { keyRotationIntervalSeconds: 10 })
const CLEAR = hlsEndpoint({}, { startoverWindowSeconds: 3600 })
const ENCRYPTED = hlsEndpoint({ encryption: ENCRYPTION }, { startoverWindowSeconds: 3600 })
const options = (more: Partial<HarvestOptions>): HarvestOptions => ({ ...DEFAULT_HARVEST_OPTIONS, ...more })
const never = new AbortController().signal

/** Writes in place of each segment the KIDs that it would be encrypted by. */
const NAMING_KEYS: AssetFormat = {
  asset(endpoint, window, naming) {
    const asset = hls.asset(inTheClear(endpoint), window, naming)
    const periods = [...(window.keys?.keys() ?? [])].join()
    return (
      asset && {
        ...asset,
        segmentsOf: (batch) =>
          asset.segmentsOf(batch).map((file) => ({
            ...file,
            async body({ segments }, _media, keys): Promise<SegmentBody> {
              const { startUtc } = segments[file.source.place]!
              const found = await keys.find(endpoint, keyPeriodAt(ENCRYPTION, startUtc))
              const bytes = Buffer.from(found.map(({ kid }) => kid).join())
              return {
                kind: 'bytes',
                contentType: 'video/MP2T',
                parts: [bytes],
                size: bytes.length,
                sources: [],
                protection: 'encrypted',
              }
            },
          })),
        manifests: asset.manifests.map((file) => ({ ...file, body: () => ({ ...file.body(), text: periods }) })),
      }
    )
  },
}

/** Runs a job to its end; `now` is its endpoint as it is by then. */
async function harvest(job: HarvestJob, contentKeys: ContentKeys = sampleKeys(), now = job.endpoint) {
  const resources = new JobLedger(job)
  resources.endpoints.set(now.id, now)
  const buckets = new RecordingBuckets()
  const formatOf = (each: HarvestJob) => (each.endpoint.packaging.encryption ? NAMING_KEYS : assetFormatOf(each))
  const { deps, pass, lines } = rehearsal({ archive: archiveOf(10), buckets, resources, contentKeys, formatOf })
  const harvester = createHarvester(deps)
  for (;;) {
    await harvester.takeUp()
    await harvester.settled()
    const { state, notBefore } = resources.run(job.id)
    if (state !== 'QUEUED') break
    pass(notBefore - deps.clock())
  }
  const text = (name: string) => {
    const body = buckets.objects.get(`cup/final/${name}`)
    assert.equal(body?.kind, 'bytes', name)
    return Buffer.concat(body.parts).toString()
  }
  return { outcome: resources.outcome, attempts: resources.run(job.id).attempts, buckets, text, lines, deps }
}

const job = (more: Partial<HarvestJob> = {}) => harvestJob({ endpoint: ENCRYPTED, ...more })
const periodOf = (seconds: number) => keyPeriodAt(ENCRYPTION, at(seconds))

describe('a job of an encrypted endpoint', () => {
  it('gives manifests and segments the keys of the key periods of its window', async () => {
    const { outcome, text } = await harvest(job({ start: at(6), end: at(30) }))
    assert.deepEqual(outcome, { state: 'SUCCEEDED' })
    assert.equal(text('index_1.m3u8'), [periodOf(6), periodOf(12), periodOf(24)].join())
    const kids = [2, 3, 4, 5].map((number) => text(`index_1_${number}.ts`))
    assert.equal(kids[1], kids[2], 'at 12 s and at 18 s')
    assert.equal(new Set(kids).size, 3)
  })

  it('tells in its report which keys it needs and when, and no key', async () => {
    const { text } = await harvest(job({ end: at(24), options: options({ report: true }) }))
    const report = JSON.parse(text('harvest.json'))
    const [first, second] = [6, 12].map(periodOf)
    assert.deepEqual(report.encryption, {
      method: 'AES_128',
      keyPeriods: [
        {
          keyPeriod: first,
          startTime: '2026-08-01T12:00:00.000Z',
          endTime: '2026-08-01T12:00:10.000Z',
          keys: [{ trackType: 'ALL', keyId: text('index_1_2.ts') }],
        },
        {
          keyPeriod: second,
          startTime: '2026-08-01T12:00:10.000Z',
          endTime: '2026-08-01T12:00:20.000Z',
          keys: [{ trackType: 'ALL', keyId: text('index_1_3.ts') }],
        },
      ],
    })
    const key = keyBytes(text('index_1_2.ts'))
    for (const form of ['hex', 'base64', 'base64url'] as const) {
      assert.ok(!text('harvest.json').includes(key.toString(form)), form)
    }
  })

  it('tells no times of a key that never changes', async () => {
    const encryption = { ...ENCRYPTION, keyRotationIntervalSeconds: 0 }
    const endpoint = hlsEndpoint({ encryption }, { startoverWindowSeconds: 3600 })
    const { text } = await harvest(job({ endpoint, options: options({ report: true }) }))
    const { keyPeriods } = JSON.parse(text('harvest.json')).encryption
    assert.deepEqual(keyPeriods.map(Object.keys), [['keys']])
  })

  it('is tried again while its provider gives no key', async () => {
    const keys = sampleKeys()
    let refusals = 2
    const late: ContentKeys = {
      ...keys,
      async find(...asked) {
        if (refusals-- > 0) throw new NoContentKey('the provider answers 503')
        return keys.find(...asked)
      },
    }
    const { outcome, attempts } = await harvest(job(), late)
    assert.deepEqual(outcome, { state: 'SUCCEEDED' })
    assert.ok(attempts > 1, `${attempts} attempts`)
  })

  it('fails at last without a key, with its reason and with nothing written', async () => {
    const refuse = async (): Promise<never> => {
      throw new NoContentKey('the provider answers 503')
    }
    const none: ContentKeys = { find: refuse, describe: refuse, onRecord: refuse }
    const { outcome, attempts, buckets, deps } = await harvest(job(), none)
    const failure = {
      code: 'NoContentKey',
      message: 'There is no content key for the asset: the provider answers 503.',
    }
    assert.deepEqual(outcome, { state: 'FAILED', failure })
    assert.equal(attempts, deps.mostAttempts)
    assert.equal(buckets.objects.size, 0)
    const forecasted = await forecast(job(), deps, never)
    assert.deepEqual(forecasted.failures, [failure])
  })

  it('writes with the encryption that its endpoint had, whatever that has now', async () => {
    const then = (await harvest(job())).text('index_1_2.ts')
    const { spekeKeyProvider } = ENCRYPTION
    const other = { ...ENCRYPTION, spekeKeyProvider: { ...spekeKeyProvider, resourceId: 'another' } }
    for (const now of [CLEAR, hlsEndpoint({ encryption: other }, { startoverWindowSeconds: 3600 })]) {
      const { outcome, text } = await harvest(job(), sampleKeys(), now)
      assert.deepEqual(outcome, { state: 'SUCCEEDED' })
      assert.equal(text('index_1_2.ts'), then)
    }
  })

  it('cannot be written as what would be in the clear, even if nobody refused it', () => {
    const deliverables = [{ kind: 'HLS' }, { kind: 'MP4' }] as const
    assert.equal(assetFormatOf(job({ options: options({ deliverables }) })), undefined)
  })
})

describe('a job in the clear', () => {
  it('fails once its endpoint, or one that has taken its place, is encrypted', async () => {
    for (const now of [ENCRYPTED, { ...ENCRYPTED, guid: 'f'.repeat(32) }]) {
      const { outcome, buckets } = await harvest(job({ endpoint: CLEAR }), sampleKeys(), now)
      assert.equal(outcome?.state, 'FAILED')
      assert.equal(outcome.failure.code, 'EncryptedSince')
      assert.equal(buckets.objects.size, 0)
    }
    assert.deepEqual((await harvest(job({ endpoint: CLEAR }))).outcome, { state: 'SUCCEEDED' })
  })

  it('fails where another of its endpoints is encrypted by now', async () => {
    const other = { ...CLEAR, id: 'other' }
    const channelGuid = CLEAR.channelGuid
    const range = (originEndpointId: string, start: number, end: number) => {
      return { originEndpointId, channelGuid, startTime: '', endTime: '', start: at(start), end: at(end) }
    }
    const ranges = [range(CLEAR.id, 6, 12), range('other', 12, 18)]
    const several = job({ endpoint: CLEAR, ranges, otherEndpoints: [other] })
    const { outcome } = await harvest(several, sampleKeys(), { ...ENCRYPTED, id: 'other' })
    assert.equal(outcome?.state === 'FAILED' && outcome.failure.code, 'EncryptedSince')
  })

  it('that follows the live edge ends without a parent manifest when its endpoint is encrypted on the way', async () => {
    const waiting = harvestJob({ endpoint: CLEAR, start: at(30), end: at(90), createdAt: at(60) })
    const resources = new JobLedger(waiting)
    resources.endpoints.set(CLEAR.id, CLEAR)
    const buckets = new RecordingBuckets()
    const archive = archiveOf(10)
    const { deps } = rehearsal({ archive, buckets, resources })
    const sleep = async (ms: number, signal: AbortSignal) => {
      await deps.sleep(ms, signal)
      const count = Math.min(Math.floor((deps.clock() - at(0)) / 6000), 15)
      archive.window = archiveOf(count).window
      if (deps.clock() > at(75)) resources.endpoints.set(CLEAR.id, ENCRYPTED)
    }
    const harvester = createHarvester({ ...deps, sleep })
    await harvester.takeUp()
    await harvester.settled()
    const { outcome } = resources
    assert.equal(outcome?.state === 'FAILED' && outcome.failure.code, 'EncryptedSince')
    assert.ok(buckets.objects.has('cup/final/index_1_6.ts'), 'it had begun')
    assert.ok(!buckets.objects.has('cup/final/asset.m3u8'))
    assert.ok(utcMs(deps.clock()) < at(90))
  })

  it('goes on where that was asked for', async () => {
    const asked = job({ endpoint: CLEAR, options: options({ encryption: 'NONE', report: true }) })
    const { outcome, text } = await harvest(asked, sampleKeys(), ENCRYPTED)
    assert.deepEqual(outcome, { state: 'SUCCEEDED' })
    const report = JSON.parse(text('harvest.json'))
    assert.deepEqual([report.options.encryption, report.encryption], ['NONE', undefined])
  })
})

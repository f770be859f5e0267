import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sampleEncryption } from '../../test/keys/sample-encryption.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../../test/origin/sample-endpoints.ts'
import {
  assetEndpoint,
  checkAsServed,
  checkRangesAsServed,
  inTheClear,
  isInTheClear,
  withEncryption,
} from './asset-encryption.ts'
import { DELIVERABLE_KINDS } from './deliverable.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestOptions } from './harvest-job.ts'

const ENCRYPTED = {
  HLS: hlsEndpoint({ encryption: sampleEncryption('AES_128') }),
  CMAF: cmafEndpoint({ encryption: sampleEncryption('CBCS') }),
  DASH: dashEndpoint({ encryption: sampleEncryption('CENC') }),
  MSS: mssEndpoint({ encryption: sampleEncryption('CENC') }),
}
const options = (more: Partial<HarvestOptions>): HarvestOptions => ({ ...DEFAULT_HARVEST_OPTIONS, ...more })

describe('of an encrypted endpoint', () => {
  for (const [own, endpoint] of Object.entries(ENCRYPTED)) {
    it(`that serves ${own}, nothing but text and ${own} is not in the clear`, () => {
      assert.deepEqual(
        DELIVERABLE_KINDS.filter((kind) => !isInTheClear(endpoint, kind)).toSorted(),
        [own, 'METADATA', 'SUBTITLES'].toSorted(),
      )
      assert.ok(DELIVERABLE_KINDS.every((kind) => !isInTheClear(inTheClear(endpoint), kind)))
    })
  }

  it('deliverables that would be in the clear are refused by name, with what allows them', () => {
    const endpoint = ENCRYPTED.HLS
    const check = (more: Partial<HarvestOptions>) => () => checkAsServed(endpoint, options(more))
    check({})()
    check({ deliverables: [{ kind: 'HLS' }, { kind: 'SUBTITLES' }, { kind: 'METADATA' }] })()
    assert.throws(check({ deliverables: [{ kind: 'HLS' }, { kind: 'MP4' }] }), {
      name: 'RuleViolation',
      message:
        'deliverables[1]: must not be of kind MP4: it would be in the clear, and sample is encrypted; encryption: NONE allows that',
    })
    assert.throws(check({ deliverables: [{ kind: 'CMAF' }], encryption: 'AS_SERVED' }), {
      message: /it would be in the clear, because the keys of sample are for HLS alone/,
    })
    check({ deliverables: [{ kind: 'MP4' }, { kind: 'STILLS' }, { kind: 'DASH' }], encryption: 'NONE' })()
  })

  it('an asset shows one endpoint, whose keys it has, unless it is in the clear', () => {
    const one = { ...ENCRYPTED.HLS, id: 'one' }
    const clear = { ...inTheClear(ENCRYPTED.HLS), id: 'clear' }
    checkRangesAsServed([one, one], options({}))
    checkRangesAsServed([clear, { ...clear, id: 'other' }], options({}))
    checkRangesAsServed([clear, one], options({ encryption: 'NONE' }))
    for (const ranges of [
      [one, one, clear],
      [one, one, { ...one, id: 'two' }],
      [clear, clear, one],
    ]) {
      assert.throws(() => checkRangesAsServed(ranges, options({})), {
        message: /^ranges\[2\]\.originEndpointId: must be \w+, as of ranges\[0\]: one is encrypted/,
      })
    }
  })

  it('an asset is in the clear only where that is asked for', () => {
    const endpoint = ENCRYPTED.CMAF
    assert.equal(assetEndpoint(endpoint), endpoint)
    assert.equal(assetEndpoint(endpoint, options({ encryption: 'AS_SERVED' })), endpoint)
    const clear = assetEndpoint(endpoint, options({ encryption: 'NONE' }))
    assert.deepEqual(clear, cmafEndpoint())
    assert.deepEqual(withEncryption(clear, endpoint.packaging.encryption), endpoint)
  })
})

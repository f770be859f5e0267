import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { HLS_DEFAULTS } from '../../../test/origin/sample-endpoints.ts'
import { manifestFileName, type NamedParts, parseHlsName, segmentFileName } from './names.ts'

const named = (name: string, segmentName = name): NamedParts => ({
  manifests: [{ ...HLS_DEFAULTS, name }],
  segment: { durationSeconds: 6, name: segmentName, includeDvbSubtitles: false, useAudioRenditionGroup: false },
})
const INDEX = named('index')
const [manifest] = INDEX.manifests

describe('the name of an HLS object', () => {
  for (const [fileName, request] of [
    ['index.m3u8', { kind: 'manifest', manifest, name: {} }],
    ['index_1.m3u8', { kind: 'manifest', manifest, name: { n: 1 } }],
    ['index_4_0.m3u8', { kind: 'manifest', manifest, name: { n: 4, p: 0 } }],
    ['index_1_8779957.ts', { kind: 'segment', name: { n: 1, number: 8779957, extension: 'ts' } }],
    ['index_4_0_12.ts', { kind: 'segment', name: { n: 4, p: 0, number: 12, extension: 'ts' } }],
  ] as const) {
    it(`${fileName} is read`, () => assert.deepEqual(parseHlsName(INDEX, fileName), request))
  }

  for (const fileName of [
    '',
    'index',
    'other.m3u8',
    'xindex.m3u8',
    'index_.m3u8',
    'index_01.m3u8',
    'index_1_2_3.m3u8',
    'index_1.ts',
    'index_1_2_3_4.ts',
    'index_1_02.ts',
    'index_1_-2.ts',
    'index_1_2.TS',
    'index_1_2.ts ',
    'index_1_99999999999999999.ts',
    'index_1_2.mp4',
  ]) {
    it(`'${fileName}' names nothing`, () => assert.equal(parseHlsName(INDEX, fileName), undefined))
  }

  it('is never taken for another one, whatever underscores and digits the names have', () => {
    const anyName = fc.stringMatching(/^[a-z_0-9.-]{1,6}$/)
    const n = fc.nat(30)
    const plain = { noNullPrototype: true } as const
    const iframes = fc.constant(true as const)
    const name = fc.oneof(
      fc.constant({}),
      fc.record({ n }, plain),
      fc.record({ n, p: n }, plain),
      fc.record({ n, iframes }, plain),
    )
    const extension = fc.constantFrom('ts', 'aac', 'ac3', 'ec3', 'vtt')
    const segment = fc.oneof(
      fc.record({ n, number: n, extension }, plain),
      fc.record({ n, p: n, number: n, extension }, plain),
      fc.record({ n, iframes, number: n, extension }, plain),
    )
    fc.assert(
      fc.property(anyName, anyName, name, segment, (manifestName, segmentName, playlist, file) => {
        const parts = named(manifestName, segmentName)
        const [own] = parts.manifests
        const found = parseHlsName(parts, manifestFileName(manifestName, playlist))
        assert.deepEqual(found, { kind: 'manifest', manifest: own, name: playlist })
        assert.deepEqual(parseHlsName(parts, segmentFileName(segmentName, file)), { kind: 'segment', name: file })
      }),
      { seed: 20260804, numRuns: 500 },
    )
  })
})

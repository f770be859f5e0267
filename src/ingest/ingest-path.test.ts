import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { fileName } from './file-name.ts'
import { parseIngestPath } from './ingest-path.ts'

const G = 'a1'.repeat(16)
const E = '0f'.repeat(16)
const FOLDER = `/in/v2/${G}/${E}/`

describe('an ingest path', () => {
  it('names a file of an ingest endpoint', () => {
    assert.deepEqual(parseIngestPath(`${FOLDER}channel-high-00230.ts`), {
      ingest: { channelGuid: G, ingestEndpointId: E },
      folder: FOLDER,
      name: 'channel-high-00230.ts',
    })
  })
  it('names the folder, with and without its slash', () => {
    const folder = { ingest: { channelGuid: G, ingestEndpointId: E }, folder: FOLDER }
    assert.deepEqual(parseIngestPath(FOLDER), folder)
    assert.deepEqual(parseIngestPath(FOLDER.slice(0, -1)), folder)
  })

  const REFUSED = [
    '/in/v2/',
    `/in/v2/${G}`,
    `/in/v2/${G.toUpperCase()}/${E}/a.ts`,
    `/in/v2/${G}0/${E}/a.ts`,
    `/in/v2/${G}/${E}/folder/a.ts`,
    `/in/v2/${G}/${E}/a.ts/`,
    `/in/v2/${G}/../${E}/a.ts`,
    `/in/v2/${G}//${E}/a.ts`,
    `${FOLDER}..`,
    `${FOLDER}.hidden`,
    `${FOLDER}%2e%2e`,
    `${FOLDER}%252e%252e`,
    `${FOLDER}..%2fa.ts`,
    `${FOLDER}a%2f..%2fb.ts`,
    `${FOLDER}a%5cb.ts`,
    `${FOLDER}a%00.ts`,
    `${FOLDER}a%0d%0a.ts`,
    `${FOLDER}a%20b.ts`,
    `${FOLDER}%ff.ts`,
    `${FOLDER}a%.ts`,
    `${FOLDER}%E2%80%AE.ts`,
    `${FOLDER}a;b.ts`,
    `${FOLDER}${'a'.repeat(256)}`,
  ]
  for (const path of REFUSED) {
    it(`is refused: ${path.slice(0, 100).replaceAll(G, 'G').replaceAll(E, 'E')}`, () => {
      assert.throws(() => parseIngestPath(path), { name: 'Refusal', status: 400 })
    })
  }
})

describe('a file name', () => {
  it('is decoded once', () => {
    assert.equal(fileName('channel%2D1%2Ets'), 'channel-1.ts')
    assert.equal(fileName('%61'.repeat(255)), 'a'.repeat(255))
  })
  it('may be what encoders write', () => {
    for (const name of [
      'channel.m3u8',
      'channel-high_00230.ts',
      'a~b+c=d@e.ts',
      '_1.ts',
      '-1.ts',
      '20261123T2130.ts',
    ]) {
      assert.equal(fileName(name), name)
    }
  })
  it('never leaves the safe set, whatever comes', () => {
    const pieces = fc.constantFrom(
      '%',
      '2',
      'e',
      'E',
      'F',
      'f',
      '.',
      '/',
      '\\',
      '0',
      'a',
      'C',
      '%2e',
      '%2F',
      '%00',
      'é',
    )
    const segments = fc.oneof(
      fc.string(),
      fc.array(pieces).map((some) => some.join('')),
    )
    fc.assert(
      fc.property(segments, (segment) => {
        const name = fileName(segment)
        if (name === undefined) return
        assert.match(name, /^[\w~+=@.-]{1,255}$/)
        assert.ok(!name.startsWith('.'))
      }),
      { seed: 3986, numRuns: 3000 },
    )
  })
})

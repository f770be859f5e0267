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

  const NAMES: [path: string, name: string][] = [
    ['folder/a.ts', 'folder/a.ts'],
    ['folder//./b/../a.ts', 'folder/a.ts'],
    ['folder%2Fa.ts', 'folder/a.ts'],
    ['/a.ts', 'a.ts'],
    ['.hidden', '.hidden'],
    ['%252e%252e', '%2e%2e'],
    ['a%5cb.ts', 'a\\b.ts'],
    ['a%20b:c;d,e[1].ts', 'a b:c;d,e[1].ts'],
    ['a%.ts', 'a%.ts'],
    ['z%C3%BCrich.ts', 'zürich.ts'],
    ['z\xc3\xbcrich.ts', 'zürich.ts'],
    ['z%FCrich.ts', 'zürich.ts'],
    ['z\xfcrich.ts', 'zürich.ts'],
    ['%F0%9F%93%BA.ts', '📺.ts'],
    ['z%C3%BCrich/z%FCrich.ts', 'zürich/zürich.ts'],
  ]
  for (const [path, name] of NAMES) {
    it(`names ${name}: ${path}`, () => assert.equal(parseIngestPath(FOLDER + path).name, name))
  }

  it('names a folder below it by its slash', () => {
    const { name, subfolder } = parseIngestPath(`${FOLDER}a%20b/c//`)
    assert.deepEqual([name, subfolder], [undefined, 'a b/c'])
  })

  const REFUSED = [
    '/in/v2/',
    `/in/v2/${G}`,
    `/in/v2/${G.toUpperCase()}/${E}/a.ts`,
    `/in/v2/${G}0/${E}/a.ts`,
    `/in/v2/${G}/../${E}/a.ts`,
    `/in/v2/${G}//${E}/a.ts`,
    `${FOLDER}..`,
    `${FOLDER}../`,
    `${FOLDER}a/../../b.ts`,
    `${FOLDER}%2e%2e`,
    `${FOLDER}..%2fa.ts`,
    `${FOLDER}a%2f..%2f..%2fb.ts`,
    `${FOLDER}a/.`,
    `${FOLDER}a%00.ts`,
    `${FOLDER}a%0d%0a.ts`,
    `${FOLDER}a%C2%85.ts`,
    `${FOLDER}a%7f/`,
    `${FOLDER}${'a'.repeat(256)}`,
    `${FOLDER}${'%61'.repeat(256)}`,
    `${FOLDER}${'a/'.repeat(520)}a.ts`,
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

  it('is what was encoded, whatever it is', () => {
    const part = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 60 })
      .filter((text) => text.isWellFormed() && !/[\p{Cc}/]/u.test(text) && text !== '.' && text !== '..')
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const name = parts.join('/')
        assert.equal(fileName(parts.map(encodeURIComponent).join('/')), name)
        assert.equal(parseIngestPath(FOLDER + parts.map(encodeURIComponent).join('/')).name, name)
        assert.equal(fileName(encodeURIComponent(name)), name)
      }),
      { seed: 3986, numRuns: 1000 },
    )
  })

  it('never leaves its folder and never has control characters, whatever comes', () => {
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
      'C',
      '%2e',
      '%2F',
      '%00',
      'é',
      '..',
    )
    const paths = fc.oneof(
      fc.string(),
      fc.array(pieces).map((some) => some.join('')),
    )
    fc.assert(
      fc.property(paths, paths, (path, folder) => {
        const name = fileName(path, folder)
        if (name === undefined) return
        assert.doesNotMatch(name, /\p{Cc}/u)
        assert.ok(name.length <= 1024)
        if (folder === '') assert.ok(name.split('/').every((part) => part !== '' && part !== '.' && part !== '..'))
      }),
      { seed: 3986, numRuns: 3000 },
    )
  })
})

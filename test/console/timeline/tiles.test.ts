import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { TileCache, type TileCacheOptions } from '../../../console/src/timeline/model/tile-cache.ts'
import {
  drawnPieces,
  levelOf,
  RESOLUTIONS_MS,
  type Tile,
  tileKey,
  tilesOver,
  wantedTiles,
} from '../../../console/src/timeline/model/tiles.ts'
import { msPerPixel } from '../../../console/src/timeline/model/view.ts'
import { ARCHIVE, anyView } from './arbitraries.ts'

describe('the tiles of a view', () => {
  it('show it at half a pixel to two, and are few', () => {
    fc.assert(
      fc.property(anyView, (view) => {
        const level = levelOf(view)
        const cell = RESOLUTIONS_MS[level]! / msPerPixel(view)
        if (level > 0 && level < RESOLUTIONS_MS.length - 1) assert.ok(cell >= 0.5 && cell < 2.01, `${cell} px`)
        const { shown, next } = wantedTiles(view, ARCHIVE)
        assert.ok(shown.length + next.length <= 2 * Math.ceil(view.width / 512) + 4)
      }),
    )
  })

  it('cover what the view has of the archive, side by side', () => {
    fc.assert(
      fc.property(anyView, (view) => {
        const { shown } = wantedTiles(view, ARCHIVE)
        assert.ok(shown[0]!.start <= view.start && shown.at(-1)!.end >= view.end)
        for (const [n, tile] of shown.slice(1).entries()) assert.equal(tile.start, shown[n]!.end)
      }),
    )
  })

  it('of a level are made of whole ones of the level below', () => {
    for (const level of RESOLUTIONS_MS.keys()) {
      if (level === 0) continue
      for (const tile of tilesOver({ start: ARCHIVE.end - 1, end: ARCHIVE.end }, level)) {
        const finer = tilesOver(tile, level - 1)
        assert.deepEqual([finer[0]!.start, finer.at(-1)!.end, finer.length], [tile.start, tile.end, 4])
      }
    }
  })

  it('that are there are drawn in pieces that do not overlap, of the view alone, and of its own level where that is there', () => {
    fc.assert(
      fc.property(anyView, fc.integer({ min: 0, max: 2 ** 16 }), (view, seed) => {
        const has = (tile: Tile) => hash(tileKey(tile), seed) % 3 === 0
        const pieces = drawnPieces(view, has)
        let reached = view.start
        for (const { start, end, tile } of pieces) {
          assert.ok(start >= reached && start < end && end <= view.end)
          assert.ok(tile.start <= start && end <= tile.end && has(tile))
          reached = end
        }
        const own = tilesOver(view, levelOf(view)).filter(has)
        const drawn = pieces.filter(({ tile }) => tile.level === levelOf(view))
        assert.deepEqual(
          drawn.map(({ tile }) => tile),
          own,
        )
      }),
    )
  })

  it('leave nothing of the view empty where a coarser one is there', () => {
    fc.assert(
      fc.property(anyView, (view) => {
        const has = (tile: Tile) => tile.level === RESOLUTIONS_MS.length - 1
        const pieces = drawnPieces(view, has)
        assert.equal(pieces[0]!.start, view.start)
        assert.equal(pieces.at(-1)!.end, view.end)
        for (const [n, piece] of pieces.slice(1).entries()) assert.equal(piece.start, pieces[n]!.end)
      }),
    )
  })
})

function hash(text: string, seed: number): number {
  let value = seed + 1
  for (const character of text) value = (value * 31 + character.charCodeAt(0)) % 1_000_003
  return value
}

describe('the cache of tiles', () => {
  type Request = {
    readonly key: string
    readonly signal: AbortSignal
    readonly answer: (text: string) => void
    readonly refuse: () => void
  }

  function opened(options: TileCacheOptions = {}) {
    const requests: Request[] = []
    let changes = 0
    const cache = new TileCache<string>(
      (tile, signal) =>
        new Promise((resolve, reject) => {
          requests.push({ key: tileKey(tile), signal, answer: resolve, refuse: () => reject(new Error('refused')) })
        }),
      { ...options, onChange: () => changes++ },
    )
    return { cache, requests, changes: () => changes }
  }

  const settled = () => new Promise((resolve) => setImmediate(resolve))
  const tiles = tilesOver({ start: 0, end: 256_000 * 10 }, 0)

  it('asks for what is wanted, a few at a time in its order, and keeps it', async () => {
    const { cache, requests, changes } = opened({ concurrency: 2 })
    cache.want(tiles.slice(0, 3))
    assert.deepEqual(
      requests.map(({ key }) => key),
      tiles.slice(0, 2).map(tileKey),
    )
    requests[0]!.answer('one')
    await settled()
    assert.equal(requests.length, 3)
    assert.equal(cache.get(tiles[0]!), 'one')
    assert.equal(changes(), 1)
    cache.want(tiles.slice(0, 1))
    assert.equal(requests.length, 3)
  })

  it('ends requests for what is no longer wanted, and takes no late answer', async () => {
    const { cache, requests } = opened()
    cache.want([tiles[0]!])
    cache.want([tiles[1]!])
    assert.equal(requests[0]!.signal.aborted, true)
    requests[0]!.answer('late')
    await settled()
    assert.equal(cache.has(tiles[0]!), false)
    assert.equal(requests.length, 2)
  })

  it('shows what it has while that is read anew', async () => {
    const { cache, requests } = opened()
    cache.want([tiles[0]!])
    requests[0]!.answer('before')
    await settled()
    cache.invalidate(() => true)
    assert.equal(requests.length, 2)
    assert.equal(cache.get(tiles[0]!), 'before')
    requests[1]!.answer('after')
    await settled()
    assert.equal(cache.get(tiles[0]!), 'after')
    assert.equal(requests.length, 2)
  })

  it('tells of a refusal, and asks again when that has rested, if it is still wanted', async () => {
    const rests: (() => void)[] = []
    const { cache, requests, changes } = opened({ pause: () => new Promise((resolve) => rests.push(resolve)) })
    cache.want([tiles[0]!])
    requests[0]!.refuse()
    await settled()
    assert.equal(cache.fault?.message, 'refused')
    assert.equal(changes(), 1)
    cache.want([tiles[0]!])
    assert.equal(requests.length, 1)
    rests[0]!()
    await settled()
    requests[1]!.answer('now')
    await settled()
    assert.equal(cache.fault, undefined)
    assert.equal(cache.get(tiles[0]!), 'now')
  })

  it('keeps no more than so many, and drops what was wanted longest ago', async () => {
    const { cache, requests } = opened({ most: 3 })
    for (const tile of tiles.slice(0, 3)) {
      cache.want([tile])
      requests.at(-1)!.answer('x')
      await settled()
    }
    cache.want([tiles[0]!])
    cache.want([tiles[3]!])
    requests.at(-1)!.answer('x')
    await settled()
    assert.deepEqual(
      tiles.slice(0, 4).map((tile) => cache.has(tile)),
      [true, false, true, true],
    )
  })
})

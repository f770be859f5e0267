import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import { referencesOf, splitTimes, windowFolder } from './time-shift.ts'

describe('times in a path', () => {
  for (const [path, times, rest] of [
    ['index.m3u8', { depth: 0 }, 'index.m3u8'],
    ['start/1/index.m3u8', { start: '1', depth: 2 }, 'index.m3u8'],
    ['start/a/end/b/x.ism/Manifest', { start: 'a', end: 'b', depth: 4 }, 'x.ism/Manifest'],
    ['end/b/index.m3u8', { end: 'b', depth: 2 }, 'index.m3u8'],
    ['end/b/start/a/index.m3u8', { end: 'b', depth: 2 }, 'start/a/index.m3u8'],
    ['start/a/start/a/index.m3u8', { start: 'a', depth: 2 }, 'start/a/index.m3u8'],
    ['start//index.m3u8', { depth: 0 }, 'start//index.m3u8'],
    ['x/start/a/index.m3u8', { depth: 0 }, 'x/start/a/index.m3u8'],
    ['start/end', { depth: 0 }, 'start/end'],
  ] as const) {
    it(`stand before the name: ${path}`, () => assert.deepEqual(splitTimes(path), { times, rest }))
  }

  it('are told on to children where the query told them, in one way of writing', () => {
    const window = { start: utcMs(1_500_000_000_000), end: utcMs(1_500_000_010_250) }
    const shift = { folder: windowFolder(window), isOver: true }
    assert.deepEqual(referencesOf({ depth: 0 }, { kind: 'live', shift }), {
      toManifests: 'start/1500000000/end/1500000010.25/',
      toSegments: '',
    })
    assert.deepEqual(referencesOf({ depth: 4 }, { kind: 'live', shift }), {
      toManifests: '',
      toSegments: '../../../../',
    })
    assert.deepEqual(referencesOf({ depth: 0 }, { kind: 'live' }), { toManifests: '', toSegments: '' })
    assert.deepEqual(referencesOf({ depth: 2 }, { kind: 'harvest' }), { toManifests: '', toSegments: '' })
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { playableEndpoints } from '../../../console/src/timeline/player/playable-endpoint.ts'
import { momentAtPlayerTime, playerTimeOf, windowAround } from '../../../console/src/timeline/player/window-times.ts'
import { ARCHIVE } from './arbitraries.ts'

const anyFragments = fc
  .array(fc.record({ duration: fc.integer({ min: 500, max: 8000 }), gap: fc.constantFrom(0, 0, 0, 12_000) }), {
    minLength: 1,
    maxLength: 30,
  })
  .map((parts) => {
    let [start, date] = [0, ARCHIVE.start]
    return parts.map(({ duration, gap }) => {
      const fragment = { start, duration: duration / 1000, programDateTime: date }
      start += duration / 1000
      date += duration + gap
      return fragment
    })
  })

describe('the times of a window that is played', () => {
  it('are found from moments and back, also beyond a gap', () => {
    fc.assert(
      fc.property(anyFragments, fc.nat(), fc.double({ min: 0, max: 0.999, noNaN: true }), (fragments, n, part) => {
        const { programDateTime, duration } = fragments[n % fragments.length]!
        const moment = Math.floor(programDateTime + part * duration * 1000)
        const time = playerTimeOf(fragments, moment)
        assert.ok(time !== undefined)
        assert.equal(momentAtPlayerTime(fragments, time + 1e-6), moment)
      }),
    )
  })

  it('are those of the next segment where media are missing', () => {
    const fragments = [
      { start: 0, duration: 4, programDateTime: 10_000 },
      { start: 4, duration: 4, programDateTime: 60_000 },
    ]
    assert.equal(playerTimeOf(fragments, 30_000), 4)
    assert.equal(playerTimeOf(fragments, 64_000), undefined)
    assert.equal(playerTimeOf([{ ...fragments[0]!, programDateTime: null }], 10_000), undefined)
  })

  it('are of a window in the archive that has the moment, in whole seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: ARCHIVE.start + 1000, max: ARCHIVE.end - 2000 }), (moment) => {
        const { start, end } = windowAround(moment, ARCHIVE)
        assert.ok(start < end && start % 1000 === 0 && end % 1000 === 0)
        assert.ok(start >= ARCHIVE.start && end <= ARCHIVE.end)
        assert.ok(start <= moment && moment < end + 1000)
      }),
    )
  })
})

describe('the endpoints that are played and harvested', () => {
  it('have a startover window; those come first that play here with dates', () => {
    const hls = { url: 'https://live.example/out/v1/aa/index.m3u8', hlsPackage: {} }
    const endpoints = [
      { ...hls, id: 'no-window', startoverWindowSeconds: 0 },
      { id: 'dash', startoverWindowSeconds: 60, url: 'https://live.example/out/v1/bb/index.mpd', dashPackage: {} },
      { ...hls, id: 'undated', startoverWindowSeconds: 60 },
      { ...hls, id: 'script', startoverWindowSeconds: 60, url: 'javascript:alert(1)' },
      {
        id: 'cmaf',
        startoverWindowSeconds: 60,
        cmafPackage: {
          hlsManifests: [
            { id: 'm', url: 'https://live.example/out/v1/cc/m/index.m3u8', programDateTimeIntervalSeconds: 6 },
          ],
        },
      },
    ]
    const found = playableEndpoints(endpoints)
    assert.deepEqual(
      found.map(({ id }) => id),
      ['cmaf', 'undated', 'dash', 'script'],
    )
    assert.deepEqual(
      found.map(({ manifestUrl }) => manifestUrl !== undefined),
      [true, true, false, false],
    )
    assert.deepEqual(
      found.map(({ ownKind }) => ownKind),
      ['CMAF', 'HLS', 'DASH', 'HLS'],
    )
  })
})

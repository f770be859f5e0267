import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audioAt, probeAt, Rehearsal, variants } from '../../../test/timeline/rehearsal.ts'
import type { ListedStream } from '../listed-playlist.ts'

const SOUND: ListedStream = {
  index: 2,
  playlist: 'sound',
  role: { kind: 'audio', groupId: 'a', name: 'a', isDefault: true, autoselect: true },
}

type Told = (i: number) => number

/** Pictures and sound of two seconds, told otherwise by EXTINF; the sixth segment of `lost` is never put. */
function live(pictures: Told, sound: Told, lost: 'a' | 'sound'): Rehearsal {
  const r = new Rehearsal()
  r.streams([...variants('a'), SOUND])
  r.open(1, 2)
  const target = (told: Told) => Math.ceil(Math.max(told(0), told(1)))
  for (let i = 0; i < 20; i++) {
    for (const [playlist, told, probe] of [
      ['a', pictures, probeAt(100 + 2 * i)],
      ['sound', sound, audioAt(100 + 2 * i)],
    ] as const) {
      if (i !== 5 || playlist !== lost) r.put(`${playlist}-${i}`, probe)
      r.list(playlist, i, [{ name: `${playlist}-${i}`, seconds: told(i) }], i === 19, target(told))
    }
    for (let n = 0; n < 4; n++) r.pass(0.5)
  }
  for (let n = 0; n < 60; n++) r.pass(0.5)
  return r
}

describe('a lost segment', () => {
  const always = (seconds: number) => () => seconds
  const cases: Record<string, readonly [Told, Told, 'a' | 'sound']> = {
    'told as long as it is': [always(2), always(2), 'sound'],
    'told three times as long, as all the others': [always(2), always(6), 'sound'],
    'told far too long, between others that are told right': [always(2), (i) => (i % 2 ? 7 : 2), 'sound'],
    'of pictures, told three times as long': [always(6), always(2), 'a'],
    'told half as long': [always(2), always(1), 'sound'],
  }
  for (const [name, [pictures, sound, lost]] of Object.entries(cases)) {
    it(`${name}, costs its stream no more than itself`, () => {
      const r = live(pictures, sound, lost)
      assert.equal(new Set(r.slots.map(({ era }) => era)).size, 1, 'one era')
      assert.ok(r.outputs(1).every(({ discontinuity }) => !discontinuity))
      const lacks = r.slots.filter(({ objects }) => !objects[1] || !objects[2])
      assert.deepEqual(
        lacks.map(({ index }) => index),
        [5],
      )
      assert.equal(r.slots.length, 20)
    })
  }
})

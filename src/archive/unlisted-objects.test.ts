import assert from 'node:assert/strict'
import { it } from 'node:test'
import { utcMs } from '../media/time.ts'
import type { SourceObject } from '../model/source-segment.ts'
import { MOST_UNLISTED, UnlistedObjects } from './unlisted-objects.ts'

/** An object that carries SCTE-35 messages of so many letters. */
function object(n: number, letters: number): SourceObject {
  const messages = [{ arrival: 0, section: 'f'.repeat(letters), signals: [] }]
  const times = { tracks: [], times: [], keyFrames: [], firstPts: 0, lastPts: 0, startsWithKeyFrame: true } as const
  const probe = { container: 'mpeg-ts', ...times, messages } as const
  return { key: `${n}`, name: `${n}.ts`, size: 1, crc32: 0, sha256: '', receivedAt: utcMs(n), probe }
}

const known = (objects: UnlistedObjects, count: number) =>
  Array.from({ length: count }, (_, n) => n).filter((n) => objects.get(`${n}.ts`))

it('remembers the newest objects, fewer where they carry long messages', () => {
  const plain = new UnlistedObjects(Array.from({ length: MOST_UNLISTED + 5 }, (_, n) => object(n, 100)))
  assert.equal(known(plain, MOST_UNLISTED + 5).length, MOST_UNLISTED)
  const long = new UnlistedObjects(Array.from({ length: 2000 }, (_, n) => object(n, 32 * 1024)))
  assert.deepEqual(
    known(long, 2000),
    Array.from({ length: 256 }, (_, i) => 1744 + i),
  )
})

it('has room again for what is taken, put anew or forgotten', () => {
  const objects = new UnlistedObjects()
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 200; n++) objects.add(object(n, 32 * 1024))
    if (round === 1) for (let n = 0; n < 200; n++) objects.remove(object(n, 0))
  }
  assert.equal(known(objects, 200).length, 200)
  objects.forgetBefore(utcMs(150))
  for (let n = 200; n < 400; n++) objects.add(object(n, 32 * 1024))
  assert.deepEqual([known(objects, 400).length, known(objects, 400)[0]], [250, 150])
})

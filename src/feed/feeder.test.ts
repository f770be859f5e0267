import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FeedDelivery } from './delivery.ts'
import { Feeder } from './feeder.ts'
import { readRecordedStream } from './recorded-stream.ts'
import { segmentAt } from './segment-numbers.ts'
import { TestStream } from './test-stream.ts'

const NOON = Date.parse('2026-12-01T12:00:00Z')
const FIRST = segmentAt(NOON)
const ALWAYS = new AbortController().signal
const stream = new TestStream(await readRecordedStream(), { renditions: 2, subtitles: true, hasId3: false })

/** A clock that passes when somebody sleeps, until an interruption, and a delivery that tells when what was put. */
function fedAt(start: number, { inputs = 1, first = FIRST, until = Number.POSITIVE_INFINITY } = {}) {
  let now = start
  const interruption = new AbortController()
  const puts: { readonly at: number; readonly name: string; readonly body: string | Uint8Array }[] = []
  const pace = {
    now: () => now,
    async sleep(ms: number) {
      now += ms
      if (now > until) interruption.abort(new Error('enough'))
    },
  }
  const delivery = {
    async put(name: string, _: string, body: string | Uint8Array) {
      puts.push({ at: now - NOON, name, body })
    },
  }
  const deliveries: Pick<FeedDelivery, 'put'>[] = Array.from({ length: inputs }, () => delivery)
  const feeder = new Feeder(first, { stream, deliveries, pace })
  return { puts, feeder, listed: () => listings(puts), interruption: interruption.signal }
}

/** What each playlist of the track `high` lists: how many segments, and the numbers of the first and the last. */
function listings(puts: readonly { readonly at: number; readonly name: string; readonly body: string | Uint8Array }[]) {
  return puts
    .filter(({ name }) => name === '-high.m3u8')
    .map(({ at, body }) => {
      const numbers = [...String(body).matchAll(/^channel-high-(\d+)\.ts$/gm)].map(([, number]) => Number(number))
      return { at, from: numbers[0]! - FIRST, to: numbers.at(-1)! - FIRST, count: numbers.length }
    })
}

describe('a feeder', () => {
  it('feeds the past at once, each segment once and before it is listed, in playlists that join', async () => {
    const { feeder, puts, listed } = fedAt(NOON + 140_500)
    await feeder.begin(ALWAYS)
    await feeder.catchUp(ALWAYS)
    assert.equal(puts[0]?.name, '.m3u8')
    assert.deepEqual(listed(), [
      { at: 140_500, from: 0, to: 29, count: 30 },
      { at: 140_500, from: 30, to: 59, count: 30 },
      { at: 140_500, from: 60, to: 69, count: 10 },
    ])
    const segments = puts.map(({ name }) => name).filter((name) => !name.endsWith('m3u8'))
    assert.equal(segments.length, 70 * 3)
    assert.equal(new Set(segments).size, segments.length)
    const listedAt = puts.findIndex(({ name }) => name === '-high.m3u8')
    assert.equal(new Set(puts.slice(1, listedAt).map(({ name }) => name)).size, 30 * 3)
    assert.deepEqual([feeder.from, feeder.until, feeder.segments], [NOON, NOON + 140_000, 70])
  })

  it('feeds each live segment when its last picture has been shown, and lists six', async () => {
    const { feeder, listed } = fedAt(NOON + 700)
    await feeder.live({ speed: 1, segments: 8 }, ALWAYS)
    const at = Array.from({ length: 8 }, (_, n) => ({
      at: 2000 * (n + 1),
      from: Math.max(0, n - 5),
      to: n,
      count: Math.min(6, n + 1),
    }))
    assert.deepEqual(listed(), at)
  })

  it('feeds at ten times the pace, by dates that go on as always', async () => {
    const { feeder, listed } = fedAt(NOON)
    await feeder.live({ speed: 10, startedAt: NOON, segments: 20 }, ALWAYS)
    assert.deepEqual(
      listed().map(({ at, to }) => [at, to]),
      Array.from({ length: 20 }, (_, n) => [200 * (n + 1), n]),
    )
    assert.equal(feeder.until, NOON + 40_000)
  })

  it('catches up where it was held up', async () => {
    const { feeder, listed } = fedAt(NOON + 21_000)
    await feeder.live({ speed: 1, segments: 12 }, ALWAYS)
    assert.deepEqual(
      listed().map(({ at, from, to }) => [at, from, to]),
      [
        [21_000, 0, 9],
        [22_000, 5, 10],
        [24_000, 6, 11],
      ],
    )
  })

  it('feeds both inputs the same', async () => {
    const { feeder, puts } = fedAt(NOON + 4000, { inputs: 2 })
    await feeder.catchUp(ALWAYS)
    assert.equal(puts.length, 2 * 3 * 3)
    assert.equal(feeder.files, puts.length)
    for (const { name, body } of puts) {
      const same = puts.filter((each) => each.name === name)
      assert.equal(same.length, 2)
      for (const each of same) assert.deepEqual(each.body, body)
    }
  })

  it('ends when it is interrupted', async () => {
    const { feeder, interruption } = fedAt(NOON, { until: NOON + 9000 })
    await assert.rejects(feeder.live({ speed: 1 }, interruption), /enough/)
    assert.equal(feeder.segments, 4)
  })
})

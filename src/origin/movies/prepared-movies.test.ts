import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { NOON } from '../../../test/origin/sample-channel.ts'
import { type UtcMs, utcMs } from '../../media/time.ts'
import type { SeekableBody } from '../../packaging/output-format.ts'
import type { Spool } from '../../packaging/spool.ts'
import { MovieRefused } from './movie-refused.ts'
import { type LocatedMovie, PreparedMovies } from './prepared-movies.ts'
import { RequestPlaces } from './request-places.ts'
import { TableSpace } from './table-space.ts'

const refusedAs = (code: string) => (error: unknown) => error instanceof MovieRefused && error.refusal.error === code

/** A file whose survey ends when it is told to. */
class SlowMovie {
  located = 0
  surveys = 0
  isClosed = false
  signal: AbortSignal | undefined
  readonly ending = Promise.withResolvers<void>()

  readonly steps = {
    locate: async () => {
      this.located++
      return { etag: '"x"' } as LocatedMovie
    },
    survey: async (_: LocatedMovie, signal: AbortSignal) => {
      this.surveys++
      this.signal = signal
      await this.ending.promise
      signal.throwIfAborted()
      return this.body
    },
  }
  readonly body: SeekableBody = {
    contentType: 'video/mp4',
    size: 1,
    async *open() {},
    close: async () => {
      this.isClosed = true
    },
  }
}

describe('files that are prepared', () => {
  let now: UtcMs
  let prepared: PreparedMovies
  let movie: SlowMovie
  const ready = async (key: string, one = new SlowMovie()) => {
    one.ending.resolve()
    const use = prepared.use(key, one.steps)
    await use.body()
    return { one, use }
  }
  beforeEach(() => {
    now = NOON
    prepared = new PreparedMovies(() => now)
    movie = new SlowMovie()
  })

  it('are surveyed once for all who ask', async () => {
    const uses = [1, 2, 3].map(() => prepared.use('a', movie.steps))
    const bodies = uses.map((use) => use.body())
    movie.ending.resolve()
    for (const body of bodies) assert.equal(await body, movie.body)
    for (const use of uses) use.release()
    const later = prepared.use('a', movie.steps)
    await Promise.all([later.located(), later.body()])
    assert.deepEqual([movie.located, movie.surveys, movie.isClosed], [1, 1, false])
  })

  it('are no longer surveyed when all who asked have left, and then surveyed anew', async () => {
    const [one, two] = [prepared.use('a', movie.steps), prepared.use('a', movie.steps)]
    const bodies = [one.body(), two.body()].map((body) => assert.rejects(body, { name: 'AbortError' }))
    await one.located()
    one.release()
    one.release()
    assert.equal(movie.signal?.aborted, false)
    two.release()
    assert.equal(movie.signal?.aborted, true)
    movie.ending.resolve()
    await Promise.all(bodies)
    const { one: again } = await ready('a')
    assert.equal(again.surveys, 1)
  })

  it('are prepared anew after a failure', async () => {
    const failed = prepared.use('a', movie.steps)
    movie.ending.reject(new Error('lost'))
    await assert.rejects(failed.body(), { message: 'lost' })
    const { one, use } = await ready('a')
    failed.release()
    assert.deepEqual([one.surveys, one.isClosed], [1, false])
    use.release()
  })

  it('are closed some minutes after the last use', async () => {
    const { one, use } = await ready('a')
    now = utcMs(NOON + 3_600_000)
    prepared.tick()
    assert.equal(one.isClosed, false, 'in use')
    use.release()
    now = utcMs(now + 299_999)
    prepared.tick()
    assert.equal(one.isClosed, false)
    now = utcMs(now + 2)
    prepared.tick()
    assert.equal(one.isClosed, true)
  })

  it('are closed when there are many, those first that were not used for longest', async () => {
    const all = []
    for (let i = 0; i < 40; i++) {
      const { one, use } = await ready(`${i}`)
      use.release()
      all.push(one)
      if (i >= 10) prepared.use('0', all[0]!.steps).release()
    }
    const closed = all.flatMap(({ isClosed }, i) => (isClosed ? [i] : []))
    assert.deepEqual(closed, [1, 2, 3, 4, 5, 6, 7, 8])
    prepared.close()
    assert.ok(all.every(({ isClosed }) => isClosed))
  })

  it('give their tables up for others, when nobody uses them', async () => {
    let key = 0
    const space = new TableSpace(memorySpool, 100, () => prepared.freeOne())
    const tables = async () => {
      const spool = space.open()
      const one = new SlowMovie()
      one.body.close = () => spool.close()
      await spool.append(Buffer.alloc(60))
      return ready(`${key++}`, one)
    }
    const first = await tables()
    await assert.rejects(tables(), refusedAs('Mp4TablesFull'))
    first.use.release()
    await tables()
    const full = new TableSpace(fullDisk, 100, () => false)
    await assert.rejects(full.open().append(Buffer.alloc(1)), refusedAs('Mp4TablesFull'))
  })
})

describe('places for requests', () => {
  it('are bounded in all, and for each client', () => {
    const places = new RequestPlaces({ atOnce: 3, atOncePerClient: 2 })
    const leave = places.enter('a')
    places.enter('a')
    assert.throws(() => places.enter('a'), refusedAs('TooManyMp4Requests'))
    places.enter('b')
    assert.throws(() => places.enter('b'), refusedAs('Mp4Busy'))
    assert.throws(() => places.enter(undefined), refusedAs('Mp4Busy'))
    leave()
    leave()
    places.enter(undefined)
    assert.throws(() => places.enter('b'), refusedAs('Mp4Busy'))
  })
})

const memorySpool = (): Spool => ({ async append() {}, async *read() {}, async close() {} })
const fullDisk = (): Spool => ({
  ...memorySpool(),
  append: () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
})

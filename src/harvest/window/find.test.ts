import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { archiveOf, at, type HarvestArchive, harvestJob } from '../../../test/harvest/sample-harvest.ts'
import { outputSegments, windowOf } from '../../../test/origin/sample-channel.ts'
import { hlsEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { type UtcMs, utcMs } from '../../media/time.ts'
import type { HarvestJob } from '../../model/harvest-job.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import { harvestWindow } from './find.ts'

const never = new AbortController().signal

const noGrowth: (now: UtcMs) => void = () => {}

/** Asks for a window at `now`; `grow` is called with the time whenever the job looks again. */
async function ask(archive: HarvestArchive, job: HarvestJob, { now = at(60), grow = noGrowth } = {}) {
  let clock = now
  const sleep = async (ms: number) => {
    clock = utcMs(clock + ms)
    grow(clock)
  }
  const window = await harvestWindow(job, { archive, clock: () => clock, sleep }, never)
  return { numbers: window.summary.segments.map(({ number }) => number), waited: clock - now }
}

const refusal = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof HarvestFailed)
  assert.match(error.message, pattern)
  assert.match(error.message, /^[^.].*\.$/)
  return true
}

/** The nearest window that an error message names. */
function named(error: unknown): { start: UtcMs; end: UtcMs } {
  const [, start = '', end = ''] = /window that works is (\S+Z) to (\S+Z)\.$/.exec((error as Error).message) ?? []
  return { start: utcMs(Date.parse(start)), end: utcMs(Date.parse(end)) }
}

describe('the window of a harvest job', () => {
  const job = (start: number, end: number, more: Partial<HarvestJob> = {}) =>
    harvestJob({ start: at(start), end: at(end), ...more })
  const startover = (seconds: number) => hlsEndpoint({}, { startoverWindowSeconds: seconds })

  it('is every segment that starts before its end and ends after its start', async () => {
    assert.deepEqual(await ask(archiveOf(10), job(6, 18)), { numbers: [2, 3], waited: 0 })
    assert.deepEqual((await ask(archiveOf(10), job(5.999, 18.001))).numbers, [1, 2, 3, 4])
    assert.deepEqual((await ask(archiveOf(10), job(7, 8))).numbers, [2])
    assert.deepEqual((await ask(archiveOf(10), job(0, 60))).numbers.length, 10)
  })

  it('must not be empty or longer than a day', async () => {
    await assert.rejects(ask(archiveOf(10), job(18, 18)), refusal(/not after its start/))
    await assert.rejects(ask(archiveOf(10), job(6, 86_406.001)), refusal(/24 hours/))
    const scheduled = (hours: number) => ask(archiveOf(10), { ...job(6, 6 + hours * 3600), scheduleId: 'daily' })
    await assert.rejects(scheduled(26.001), refusal(/26 hours/))
    assert.equal((await scheduled(26)).numbers.length, 9, 'a day of a schedule may have 25 hours')
  })

  const refused = [
    { says: /no content before 2026-08-01T12:00:00.000Z/, asked: job(-10, 20), works: [0, 30] },
    { says: /no content before/, asked: job(-100, -90), works: [0, 10] },
    { says: /no content before/, asked: job(-100, 100), works: [0, 60] },
    { says: /startover window of 20 s begins/, asked: job(39, 49, { endpoint: startover(20) }), works: [42, 52] },
    { says: /no content at or after/, asked: job(60, 70), works: [50, 60] },
    { says: /no content at or after/, asked: job(600, 700), works: [0, 60] },
  ] as const
  for (const { says, asked, works } of refused) {
    it(`from ${asked.startTime && (asked.start - at(0)) / 1000} s is refused with one that works: ${says.source}`, async () => {
      const archive = archiveOf(10)
      await assert.rejects(ask(archive, asked), (error) => {
        refusal(says)(error)
        assert.deepEqual(named(error), { start: at(works[0]), end: at(works[1]) })
        return true
      })
      await ask(archive, { ...asked, start: at(works[0]), end: at(works[1]) })
    })
  }

  it('cannot be had without a startover window', async () => {
    await assert.rejects(ask(archiveOf(10), job(6, 18, { endpoint: startover(0) })), refusal(/no startover window/))
  })

  it('is judged as of the job’s creation when the job runs again later', async () => {
    const archive = archiveOf(20)
    const again = job(42, 54, { endpoint: startover(20), createdAt: at(60) })
    assert.deepEqual((await ask(archive, again, { now: at(120) })).numbers, [8, 9])
    await assert.rejects(ask(archive, { ...again, createdAt: at(120) }, { now: at(120) }), refusal(/startover/))
  })

  it('leaves out what is missing inside', async () => {
    const archive = archiveOf(10)
    archive.window = windowOf((archive.window?.segments ?? []).filter(({ number }) => number !== 3))
    assert.deepEqual((await ask(archive, job(6, 30))).numbers, [2, 4, 5])
  })

  it('is refused where all of it is missing, with the nearest one beside the gap', async () => {
    const archive = archiveOf(10)
    archive.window = windowOf((archive.window?.segments ?? []).filter(({ number }) => ![1, 3, 4].includes(number)))
    for (const { asked, works } of [
      { asked: [13, 17], works: [8, 12] },
      { asked: [18, 22], works: [24, 28] },
      { asked: [14, 23], works: [24, 33] },
      // Before the gap there is less.
      { asked: [13, 23.5], works: [24, 34.5] },
    ] as const) {
      await assert.rejects(ask(archive, job(asked[0], asked[1])), (error) => {
        refusal(/no content from 2026-08-01T12:00:1/)(error)
        assert.deepEqual(named(error), { start: at(works[0]), end: at(works[1]) })
        assert.deepEqual((error as HarvestFailed).nearest, named(error))
        return true
      })
      await ask(archive, job(works[0], works[1]))
    }
  })

  it('waits while the stream is coming, until the live edge has passed its end', async () => {
    const archive = archiveOf(5)
    const grow = (now: UtcMs) => {
      const count = Math.floor((now - at(30)) / 6000)
      archive.window = windowOf(outputSegments(1, Array(count).fill({})))
    }
    const { numbers, waited } = await ask(archive, job(24, 53), { grow })
    assert.deepEqual(numbers, [5, 6, 7, 8, 9])
    assert.ok(waited >= 24_000 && waited <= 24_250, `${waited} ms`)
  })

  it('is cut off where the stream stopped: after three segments’ time without anything new', async () => {
    assert.deepEqual(await ask(archiveOf(5), job(24, 53)), { numbers: [5], waited: 18_000 })
  })

  it('gives a stream of short segments fifteen seconds', async () => {
    const archive = archiveOf(0)
    archive.window = windowOf(outputSegments(1, Array(10).fill({ seconds: 2 })))
    const endpoint = hlsEndpoint({ durationSeconds: 2 }, { startoverWindowSeconds: 3600 })
    assert.deepEqual(await ask(archive, job(10, 53, { endpoint })), { numbers: [6, 7, 8, 9, 10], waited: 15_000 })
  })

  it('does not wait for a stream that said it has ended', async () => {
    const archive = archiveOf(5)
    if (archive.window) archive.window = { ...archive.window, ended: true }
    assert.deepEqual(await ask(archive, job(24, 53)), { numbers: [5], waited: 0 })
  })

  it('of a channel without content is given up', async () => {
    const archive = archiveOf(0)
    archive.window = undefined
    await assert.rejects(ask(archive, job(0, 6)), refusal(/no content yet/))
  })

  it('is not waited for when the signal aborts', async () => {
    const deps = {
      archive: archiveOf(5),
      clock: () => at(60),
      sleep: async (_: number, signal: AbortSignal) => signal.throwIfAborted(),
    }
    await assert.rejects(harvestWindow(job(24, 53), deps, AbortSignal.abort()), { name: 'AbortError' })
  })
})

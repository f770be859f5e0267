import assert from 'node:assert/strict'
import { utcMs } from '../../src/media/time.ts'
import { CdnIdentifiers } from '../../src/secrets/cdn-identifiers.ts'
import { seeded } from '../fuzz/mutants.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'cdn-identifiers'

const TRIES = 1_000_000
/** Beyond it a difference of means is no chance: the threshold of dudect (Reparaz, Balasch, Verbauwhede 2017). */
const MOST_T = 4.5
/** What is slower than nine in ten was interrupted. */
const KEPT_PART = 0.9
/** A leak is there each time, and chance is not. */
const MOST_RUNS = 3

const SECRET = Buffer.from('s'.repeat(128))
/** Guesses that differ from the secret in their first byte, or in their last. */
const FIRST = Buffer.from(`x${'s'.repeat(127)}`)
const LAST = Buffer.from(`${'s'.repeat(127)}x`)

type Judge = (value: Buffer) => Promise<unknown>

/**
 * The time that a wrong identifier takes does not depend on how much of it is right: a million of two kinds, by Welch's
 * t-test. A comparison byte by byte is found out by the same test.
 */
export async function run({ seed, log }: SoakContext): Promise<Record<string, number>> {
  const store = { get: async () => ({ current: String(SECRET), freshMs: 60_000 }) }
  const silent = { info() {}, warn() {}, error() {} }
  const identifiers = new CdnIdentifiers({ store, clock: () => utcMs(0), log: silent })
  const ref = { cdnIdentifierSecret: 'arn', secretsRoleArn: 'role' }
  assert.equal(await identifiers.judge(ref, SECRET), 'accepted')
  const naive = await welch((value) => Promise.resolve(startsAlike(value)), seed)
  log(`byte by byte: t = ${naive.toFixed(1)}`)
  assert.ok(Math.abs(naive) > MOST_T, `the test is blind: t = ${naive} of a comparison byte by byte`)
  const found: number[] = []
  for (let i = 0; i < MOST_RUNS && !found.some((t) => Math.abs(t) <= MOST_T); i++) {
    const t = await welch((value) => identifiers.judge(ref, value), seed + i)
    log(`identifiers: t = ${t.toFixed(2)}`)
    found.push(t)
  }
  identifiers.close()
  const t = found.at(-1)!
  assert.ok(Math.abs(t) <= MOST_T, `the time depends on the common prefix: t = ${found.join(', ')}`)
  return { tries: TRIES, t: Number(t.toFixed(3)), tByteByByte: Number(naive.toFixed(1)) }
}

function startsAlike(value: Buffer): boolean {
  for (let i = 0; i < SECRET.length; i++) if (value[i] !== SECRET[i]) return false
  return true
}

/** Welch's t of the nanoseconds of both kinds of guesses, in random order. */
async function welch(judge: Judge, seed: number): Promise<number> {
  const random = seeded(seed)
  const times = new Float64Array(TRIES)
  const isLast = Uint8Array.from({ length: TRIES }, () => random(2))
  for (let i = -10_000; i < TRIES; i++) {
    const value = isLast[Math.max(i, 0)] ? LAST : FIRST
    const before = process.hrtime.bigint()
    await judge(value)
    if (i >= 0) times[i] = Number(process.hrtime.bigint() - before)
  }
  const most = times.slice().sort()[Math.floor(TRIES * KEPT_PART)]!
  const kinds = [0, 1].map((kind) => summed(times, (i) => isLast[i] === kind && times[i]! <= most))
  const [first, last] = kinds as [Summary, Summary]
  return (last.mean - first.mean) / Math.sqrt(first.variance / first.count + last.variance / last.count)
}

type Summary = { readonly count: number; readonly mean: number; readonly variance: number }

function summed(times: Float64Array, isOf: (i: number) => boolean): Summary {
  let [count, total, squares] = [0, 0, 0]
  for (const [i, time] of times.entries()) {
    if (!isOf(i)) continue
    count++
    total += time
    squares += time * time
  }
  const mean = total / count
  return { count, mean, variance: squares / count - mean * mean }
}

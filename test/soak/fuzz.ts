import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts'
import { besiege } from '../fuzz/listeners/siege.ts'
import { type RunFigures, SHARES } from '../fuzz/mutant-run.ts'
import { readInThread } from '../fuzz/mutant-threads.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'fuzz'

/** Of the server while it gets broken requests; times are without those for which the machine kept it from running. */
const [MOST_WAIT_MS, MOST_DELAY_MS, MOST_MEMORY_MIB] = [1000, 250, 800]

/**
 * Mutants over all readers (WINDROW_FUZZ_MUTANTS, 10 million if it is absent), then requests to a server
 * (WINDROW_TEST_SECONDS, two minutes); 0 leaves that out. WINDROW_FUZZ_READERS selects readers by a regular expression.
 */
export async function run(context: SoakContext): Promise<Record<string, string | number>> {
  return { ...(await fuzzReaders(context)), ...(await fuzzListeners(context)) }
}

async function fuzzListeners({ seed, log, folder }: SoakContext): Promise<Record<string, string | number>> {
  const seconds = Number(process.env['WINDROW_TEST_SECONDS'] ?? 120)
  if (seconds === 0) return {}
  const { counts, errors, failed, ...figures } = await besiege({ seed, seconds }, log)
  for (const [status, count] of Object.entries(counts.answers)) log(`answered by ${status}: ${count}`)
  if (counts.failures.length > 0) writeFileSync(join(folder(), 'failures.json'), JSON.stringify(counts.failures))
  assert.deepEqual(errors.slice(0, 10), [])
  assert.equal(counts.answers['500'] ?? 0, 0)
  assert.deepEqual(failed.slice(0, 10), [])
  assert.ok(counts.requests > 0)
  const { longestMs, longestDelayMs, peakMemory, goodRequests } = figures
  assert.ok(longestMs < MOST_WAIT_MS, `a good request took ${longestMs} ms`)
  assert.ok(longestDelayMs < MOST_DELAY_MS, `the event loop was held for ${longestDelayMs} ms`)
  assert.ok(peakMemory < MOST_MEMORY_MIB, `${peakMemory} MiB`)
  return {
    'broken requests': counts.requests,
    'broken requests a second': Math.round(counts.requests / figures.seconds),
    connections: counts.connections,
    'good requests meanwhile': goodRequests,
    'longest of these, ms': longestMs.toFixed(0),
    'longest delay of the event loop, ms': longestDelayMs.toFixed(0),
    'the same as the server measures it, ms': figures.measuredDelayMs.toFixed(0),
    'peak memory, MiB': peakMemory.toFixed(0),
  }
}

async function fuzzReaders({ seed, log, folder }: SoakContext): Promise<Record<string, string | number>> {
  const mutants = Number(process.env['WINDROW_FUZZ_MUTANTS'] ?? 10_000_000)
  const chosen = new RegExp(process.env['WINDROW_FUZZ_READERS'] ?? '')
  const shares = [...SHARES].filter(([reader]) => mutants > 0 && chosen.test(reader))
  const parts = shares.reduce((sum, [, share]) => sum + share, 0)
  const all: RunFigures[] = []
  log('| reader | mutants | understood | refused |')
  log('| --- | --- | --- | --- |')
  await forEachConcurrent(shares, availableParallelism(), new AbortController().signal, async ([reader, share]) => {
    const figures = await readInThread(reader, Math.ceil((mutants * share) / parts), seed)
    log(`| ${reader} | ${figures.mutants} | ${figures.understood} | ${figures.refused} |`)
    all.push(figures)
  })
  const findings = all.flatMap((figures) => figures.findings)
  if (findings.length > 0) {
    const file = join(folder(), 'findings.json')
    writeFileSync(file, JSON.stringify(findings, undefined, 1))
    for (const { reader, run, fault } of findings) log(`${reader}, mutant ${run}: ${fault.split('\n')[0]}`)
  }
  assert.equal(findings.length, 0, `${findings.length} findings, see findings.json beside the report`)
  const total = all.reduce((sum, figures) => sum + figures.mutants, 0)
  return {
    readers: all.length,
    mutants: total,
    'slowest mutant, ms of CPU': Math.max(0, ...all.map(({ slowestMs }) => slowestMs)).toFixed(1),
  }
}

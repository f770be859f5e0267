import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts'
import { type RunFigures, SHARES } from '../fuzz/mutant-run.ts'
import { readInThread } from '../fuzz/mutant-threads.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'fuzz'

/**
 * Mutants over all readers (WINDROW_FUZZ_MUTANTS, 10 million if it is absent), then requests to a server
 * (WINDROW_TEST_SECONDS, two minutes). WINDROW_FUZZ_READERS selects readers by a regular expression.
 */
export async function run({ seed, log, folder }: SoakContext): Promise<Record<string, string | number>> {
  const mutants = Number(process.env['WINDROW_FUZZ_MUTANTS'] ?? 10_000_000)
  const chosen = new RegExp(process.env['WINDROW_FUZZ_READERS'] ?? '')
  const shares = [...SHARES].filter(([reader]) => chosen.test(reader))
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
    'slowest mutant, ms of CPU': Math.max(...all.map(({ slowestMs }) => slowestMs)).toFixed(1),
  }
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, temporaryFolder } from './processes.ts'

const folder = temporaryFolder('counted')
let files = 0

/** The places in a transport stream where tshark misses packets, by their continuity counters. */
export async function missingPackets(ts: Uint8Array): Promise<string[]> {
  const file = join(folder, `${files++}.ts`)
  writeFileSync(file, ts)
  const fields = ['-T', 'fields', '-e', 'frame.number', '-e', 'mp2t.pid', '-e', 'mp2t.analysis.skips']
  const lines = (await run('tshark', ['-r', file, '-Y', 'mp2t.cc.drop', ...fields])).toString().split('\n')
  return lines.filter((line) => line !== '')
}

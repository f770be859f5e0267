/**
 * A process of its own on a PostgreSQL, for tests: takes calls as lines of JSON, tells answers and changes likewise.
 */
import { createInterface } from 'node:readline'
import { claimOf, event, LEASE_MS, NOW } from '../../src/stores/nouns.contract.ts'
import { openPostgresStore } from '../../src/stores/postgres/postgres-store.ts'

const [url = '', name = ''] = process.argv.slice(2)
const { resources } = await openPostgresStore({ url, poolSize: 4, log: { info() {}, warn() {}, error() {} } })
const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

/** Claims and ends jobs until there are none; gives their ids. */
async function harvest(): Promise<string[]> {
  const done: string[] = []
  for (;;) {
    const job = await resources.claimHarvestJob({ owner: name, now: NOW, leaseMs: LEASE_MS })
    if (!job) return done
    const end = { at: NOW, outcome: { state: 'SUCCEEDED' }, event: event(`${job.id} by ${name}`) } as const
    if ((await resources.finishHarvestJob(claimOf(job), end)) === 'finished') done.push(job.id)
  }
}

resources.onChange((change) => tell({ change }))
tell({ ready: true })
for await (const line of createInterface({ input: process.stdin })) {
  const { call, args } = JSON.parse(line) as { call: string; args: readonly never[] }
  const methods: Readonly<Record<string, (...args: readonly never[]) => unknown>> = { ...resources, harvest }
  tell({ answer: (await methods[call]?.(...args)) ?? null })
}

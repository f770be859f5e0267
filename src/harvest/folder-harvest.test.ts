import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { JobLedger } from '../../test/harvest/job-ledger.ts'
import { archiveOf, at, type HarvestArchive, harvestJob, rehearsal } from '../../test/harvest/sample-harvest.ts'
import { eventually } from '../../test/judges/processes.ts'
import { folderBuckets } from '../stores/folder-buckets/buckets.ts'
import { createHarvester } from './job/harvester.ts'

const SEGMENTS = 100

describe('a harvest into a folder', () => {
  let folder: string
  let archive: HarvestArchive
  let removeArchive: () => Promise<void>

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'harvest-'))
    archive = archiveOf(SEGMENTS)
    removeArchive = await archive.keepInFiles()
  })
  after(async () => {
    await removeArchive()
    await rm(folder, { recursive: true })
  })

  const jobTo = (manifestKey: string) => {
    const s3Destination = { ...harvestJob().s3Destination, manifestKey }
    return harvestJob({ id: manifestKey, start: at(0), end: at(600), createdAt: at(600), s3Destination })
  }
  const harvesterOf = (ledger: JobLedger, links = true) => {
    const buckets = folderBuckets({ folder, links, createBuckets: true })
    return createHarvester(rehearsal({ archive, buckets, resources: ledger, objectsAtOnce: 8 }).deps)
  }

  async function run(ledger: JobLedger, links?: boolean): Promise<void> {
    const harvester = harvesterOf(ledger, links)
    await harvester.takeUp()
    await harvester.settled()
  }

  /** Every file below the bucket, with its content. */
  async function contents(below: string): Promise<Map<string, string>> {
    const names = await readdir(join(folder, 'clips', below))
    const entries = names.sort().map(async (name) => {
      return [name, await readFile(join(folder, 'clips', below, name), 'utf8')] as const
    })
    return new Map(await Promise.all(entries))
  }

  it('links what it did not change', async () => {
    await run(new JobLedger(jobTo('linked/asset.m3u8')))
    const files = await contents('linked')
    assert.equal(files.size, 2 * SEGMENTS + 3)
    const [object, original] = await Promise.all([
      stat(join(folder, 'clips/linked/index_1_7.ts')),
      stat(archive.file('s1-7-0') ?? ''),
    ])
    assert.equal(object.ino, original.ino)
  })

  it('makes the same asset by copies, and again over itself', async () => {
    const expected = await contents('linked')
    await run(new JobLedger(jobTo('copied/asset.m3u8')), false)
    assert.deepEqual(await contents('copied'), expected)
    await run(new JobLedger(jobTo('copied/asset.m3u8')))
    assert.deepEqual(await contents('copied'), expected)
  })

  it('that was interrupted anywhere ends like one that was not', async () => {
    const expected = await contents('linked')
    const ledger = new JobLedger(jobTo('torn/asset.m3u8'))
    const written = () => readdir(join(folder, 'clips/torn')).catch(() => [])
    for (const count of [1, 30, 100, 180]) {
      const harvester = harvesterOf(ledger)
      await harvester.takeUp()
      await eventually(`${count} files`, async () => ledger.outcome ?? ((await written()).length >= count || undefined))
      await harvester.close()
    }
    await run(ledger)
    assert.deepEqual(ledger.outcome, { state: 'SUCCEEDED' })
    assert.deepEqual(await contents('torn'), expected)
    assert.deepEqual(await readdir(join(folder, 'clips/.windrow-uploads')), [])
  })

  it('shows nobody a parent manifest before everything it points to', async () => {
    const parents = Array.from({ length: 20 }, (_, n) => `watched/${n}/asset.m3u8`)
    const script = fileURLToPath(new URL('../../test/harvest/watch-bucket.ts', import.meta.url))
    const watcher = spawn(process.execPath, [script, join(folder, 'clips'), ...parents], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(watcher.stdout, 'readable')
    assert.match(watcher.stdout.read().toString(), /^watching\n/)
    const report = text(watcher.stdout)
    await run(new JobLedger(...parents.map(jobTo)))
    watcher.stdin.end()
    assert.deepEqual(JSON.parse(await report), { seen: parents, missing: [] })
  })
})

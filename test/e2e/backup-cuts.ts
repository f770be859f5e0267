/** The power fails while a backup is made: its complete snapshots have to be whole, and the next one is made. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { addSnapshot } from '../../src/backup/backup.ts'
import { BackupFolder } from '../../src/backup/backup-folder.ts'
import { openFileObjects } from '../../src/stores/file-objects.ts'
import { run, temporaryFolder } from '../judges/processes.ts'
import { seededRandom } from '../judges/random.ts'
import { bytesOf, underStrace } from '../judges/syscalls.ts'
import { replay } from '../judges/traced-disk.ts'

const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)

/** Makes two snapshots of an archive, of which the second has other objects and the first is removed at last. */
const program = (folder: string) => `
  import { writeFileSync } from 'node:fs'
  import { DatabaseSync } from 'node:sqlite'
  import { addSnapshot } from ${source('backup/backup.ts')}
  import { BackupFolder } from ${source('backup/backup-folder.ts')}
  import { openFileObjects } from ${source('stores/file-objects.ts')}
  const folder = ${JSON.stringify(folder)}
  const objects = await openFileObjects(folder + '/objects')
  let keys = []
  const put = async (key) => {
    const writer = await objects.create(key)
    await writer.write(Buffer.from(key))
    await writer.commit()
    keys.push(key)
  }
  const takeIndex = async (path) => {
    const index = new DatabaseSync(path)
    index.exec('CREATE TABLE source_object (key TEXT, body TEXT)')
    for (const key of keys) index.prepare('INSERT INTO source_object VALUES (?, ?)').run(key, JSON.stringify({ size: key.length }))
    index.close()
  }
  const backUp = async (at, keep) => {
    const backup = await BackupFolder.begin(folder + '/backup')
    const source = { place: '', objects, takeIndex, files: [], buckets: undefined }
    await addSnapshot(source, backup, { keep, now: () => at, progress: () => {} })
    backup.close()
  }
  for (const key of ['a/1', 'a/2', 'b/1']) await put(key)
  await backUp(0, 9)
  writeFileSync(folder + '/first', '', { flush: true })
  await objects.remove('a/1')
  keys = keys.filter((key) => key !== 'a/1')
  for (const key of ['b/2', 'c/1']) await put(key)
  await backUp(1000, 1)`

/** Resolves to the number of moments that were judged. Throws for one at which a backup is not as it was promised. */
export async function cutBackups(seed: number): Promise<number> {
  const random = seededRandom(seed)
  const folder = temporaryFolder('traced')
  const trace = join(temporaryFolder('trace'), 'strace.log')
  const [strace, ...args] = underStrace(trace)
  await run(strace!, [...args, process.execPath, '--input-type=module', '--eval', program(folder)])
  let moments = 0
  let isPromised = false
  for (const { disk, call } of replay(trace, folder)) {
    isPromised ||= call.name === 'openat' && bytesOf(call.args[1] ?? '').toString() === join(folder, 'first')
    if (!isPromised) continue
    for (const loss of ['everything', 'anything'] as const) {
      const left = temporaryFolder('left')
      disk.cut(left, loss, random)
      moments++
      await judge(left).catch((error: Error) => {
        throw new Error(`at moment ${moments} (${call.name}), ${loss} lost: ${error.message}`, { cause: error })
      })
      rmSync(left, { recursive: true })
    }
  }
  return moments
}

async function judge(left: string): Promise<void> {
  const path = join(left, 'backup')
  const [, ...older] = whole(path)
  assert.ok(older.length <= 1)
  const objects = await openFileObjects(join(left, 'objects'))
  const keys: string[] = []
  for await (const key of objects.list('')) keys.push(key)
  const takeIndex = async (file: string) => {
    const index = new DatabaseSync(file)
    index.exec('CREATE TABLE source_object (key TEXT, body TEXT)')
    const insert = index.prepare('INSERT INTO source_object VALUES (?, ?)')
    for (const key of keys) insert.run(key, JSON.stringify({ size: key.length }))
    index.close()
  }
  const backup = await BackupFolder.begin(path)
  const archive = { place: left, objects, takeIndex, files: [], buckets: undefined }
  const { lost } = await addSnapshot(archive, backup, { keep: 1, now: () => 2000, progress: () => {} })
  backup.close()
  assert.equal(lost, 0)
  assert.deepEqual(whole(path), [keys.toSorted()])
  const there = readdirSync(join(path, 'objects'), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  assert.equal(there.length, keys.length)
  assert.deepEqual(readdirSync(join(path, 'unfinished')), [])
}

/** The keys of each snapshot, the newest first, all of whose objects have their bytes. Throws when there is none. */
function whole(path: string): string[][] {
  const names = readdirSync(join(path, 'snapshots')).toSorted().toReversed()
  assert.ok(names.length > 0, 'there is no snapshot')
  return names.map((name) => {
    const snapshot = join(path, 'snapshots', name)
    assert.match(readFileSync(join(snapshot, 'snapshot.json'), 'utf8'), /"lost":0/)
    const index = new DatabaseSync(join(snapshot, 'windrow.db'), { readOnly: true })
    const keys = index
      .prepare('SELECT key FROM source_object ORDER BY key')
      .all()
      .map(({ key }) => String(key))
    index.close()
    for (const key of keys) assert.equal(readFileSync(join(path, 'objects', key), 'utf8'), key)
    return keys
  })
}

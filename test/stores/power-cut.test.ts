import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { run, temporaryFolder } from '../judges/processes.ts'
import { seededRandom } from '../judges/random.ts'
import { underStrace } from '../judges/syscalls.ts'
import { replay } from '../judges/traced-disk.ts'
import { needing } from '../programs.ts'

const { it } = needing('strace')

const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)

/**
 * Runs a program that knows an empty folder as `folder`; gives what is left of that when the power fails at its end.
 */
async function afterPowerCut(program: string): Promise<string> {
  const folder = temporaryFolder('power')
  const trace = join(temporaryFolder('trace'), 'strace.log')
  const [strace, ...args] = underStrace(trace)
  const module = `const folder = ${JSON.stringify(folder)}\n${program}`
  await run(strace!, [...args, process.execPath, '--input-type=module', '--eval', module])
  const left = temporaryFolder('left')
  const moments = [...replay(trace, folder)]
  moments.at(-1)!.disk.cut(left, 'everything', seededRandom(1))
  return left
}

it('a file that nobody synced is lost with the power', async () => {
  const left = await afterPowerCut(`
    import { writeFileSync } from 'node:fs'
    writeFileSync(folder + '/file', 'bytes')`)
  assert.ok(!existsSync(join(left, 'file')))
})

it('bytes that were synced are lost with their name', async () => {
  const left = await afterPowerCut(`
    import { fsyncSync, openSync, writeSync } from 'node:fs'
    const file = openSync(folder + '/file', 'w')
    writeSync(file, 'bytes')
    fsyncSync(file)`)
  assert.ok(!existsSync(join(left, 'file')))
})

it('an object is there when its commit has resolved', async () => {
  const left = await afterPowerCut(`
    import { openFileObjects } from ${source('stores/file-objects.ts')}
    const objects = await openFileObjects(folder + '/objects')
    const writer = await objects.create('a/b/c')
    await writer.write(Buffer.from('bytes'))
    await writer.commit()`)
  assert.equal(readFileSync(join(left, 'objects/a/b/c'), 'utf8'), 'bytes')
})

it('an object of a bucket is there when the bucket was flushed, be it the first of all', async () => {
  const left = await afterPowerCut(`
    import { folderBuckets } from ${source('stores/folder-buckets/buckets.ts')}
    const { signal } = new AbortController()
    const buckets = folderBuckets({ folder: folder + '/buckets', links: true, createBuckets: true })
    const bucket = await buckets.open({ bucketName: 'clips', manifestKey: 'a/index.m3u8', roleArn: '' }, signal)
    const body = { contentType: 'text/plain', size: 5, kind: 'bytes', parts: [Buffer.from('bytes')] }
    await bucket.put('a/index.m3u8', body, signal)
    await bucket.flush()`)
  assert.equal(readFileSync(join(left, 'buckets/clips/a/index.m3u8'), 'utf8'), 'bytes')
})

it('a data folder is there with what lies in it, and the folders it was made in', async () => {
  const left = await afterPowerCut(`
    import { makeDataFolder } from ${source('stores/data-folder.ts')}
    await makeDataFolder(folder + '/new/data')`)
  assert.ok(existsSync(join(left, 'new/data')))
})

it('the key-encryption key is there when it is first used', async () => {
  const left = await afterPowerCut(`
    import { loadKeyEncryptionKey } from ${source('config/key-encryption-key.ts')}
    await loadKeyEncryptionKey(folder)`)
  assert.match(readFileSync(join(left, 'key-encryption-key'), 'utf8'), /^[0-9a-f]{64}\n$/)
})

it('a snapshot of a backup is there with all that it names', async () => {
  const left = await afterPowerCut(`
    import { DatabaseSync } from 'node:sqlite'
    import { writeFileSync } from 'node:fs'
    import { addSnapshot } from ${source('backup/backup.ts')}
    import { BackupFolder } from ${source('backup/backup-folder.ts')}
    import { openFileObjects } from ${source('stores/file-objects.ts')}
    const objects = await openFileObjects(folder + '/objects')
    const writer = await objects.create('a/b/c')
    await writer.write(Buffer.from('bytes'))
    await writer.commit()
    const takeIndex = async (path) => {
      const index = new DatabaseSync(path)
      index.exec('CREATE TABLE source_object (key TEXT, body TEXT)')
      index.prepare('INSERT INTO source_object VALUES (?, ?)').run('a/b/c', '{"size":5}')
      index.close()
    }
    writeFileSync(folder + '/credentials', 'secret')
    const backup = await BackupFolder.begin(folder + '/backup')
    const source = { place: '', objects, takeIndex, files: [folder + '/credentials'], buckets: undefined }
    await addSnapshot(source, backup, { keep: 1, now: () => 0, progress: () => {} })`)
  const folder = join(left, 'backup')
  assert.equal(readFileSync(join(folder, 'objects/a/b/c'), 'utf8'), 'bytes')
  const snapshot = join(folder, 'snapshots/1970-01-01T00-00-00.000Z')
  assert.equal(readFileSync(join(snapshot, 'credentials'), 'utf8'), 'secret')
  assert.match(readFileSync(join(snapshot, 'snapshot.json'), 'utf8'), /"objects":1,"lost":0/)
  const index = new DatabaseSync(join(snapshot, 'windrow.db'), { readOnly: true })
  assert.deepEqual(
    index
      .prepare('SELECT key FROM source_object')
      .all()
      .map(({ key }) => key),
    ['a/b/c'],
  )
  index.close()
})

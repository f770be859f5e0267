import assert from 'node:assert/strict'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { fillArchive, OBJECT_BYTES, rowsOf } from '../stores/archive-records.contract.ts'
import { databaseIn, objectsIn } from '../stores/data-folder.ts'
import { openFileObjects } from '../stores/file-objects.ts'
import {
  type ContractStore,
  claimed,
  claimOf,
  commit,
  INPUT,
  LEASE_MS,
  later,
  NOTHING_SPARED,
  NOW,
  sourceObject,
} from '../stores/nouns.contract.ts'
import type { Objects } from '../stores/objects.ts'
import { openSqliteRecords } from '../stores/sqlite/archive-records.ts'
import { SqliteDatabase } from '../stores/sqlite/database.ts'
import { operations } from '../stores/sqlite/operations.ts'
import { openSqliteStore } from '../stores/sqlite/sqlite-store.ts'
import { addSnapshot, type BackupOptions, type BackupSource } from './backup.ts'
import { BackupFolder } from './backup-folder.ts'
import { restoreSnapshot } from './restore.ts'
import { verifySnapshots } from './verification.ts'

const root = await mkdtemp(join(tmpdir(), 'windrow-backup-'))
const opened = new Set<SqliteDatabase>()
let folders = 0
after(async () => {
  for (const database of opened) database.close()
  await rm(root, { recursive: true })
})

const newFolder = () => join(root, String(++folders))
const FILES = ['credentials', 'key-encryption-key']
const quietly = { progress: () => {} }
let minutes = 0
/** A date that goes on with each look. */
const now = () => Date.UTC(2026, 0, 1) + ++minutes * 60_000

async function put(objects: Objects, key: string, bytes: Uint8Array = OBJECT_BYTES): Promise<void> {
  const writer = await objects.create(key)
  await writer.write(Buffer.from(bytes))
  await writer.commit()
}

/** The store of a data folder, without the thread that a server has for it. */
async function open(path: string): Promise<{ readonly store: ContractStore; readonly database: SqliteDatabase }> {
  const database = new SqliteDatabase(databaseIn(path))
  opened.add(database)
  const all = operations(database, { note: () => {} })
  return { store: { resources: all, segmentIndex: all } as unknown as ContractStore, database }
}

function close(database: SqliteDatabase): void {
  opened.delete(database)
  database.close()
}

/** The index of an archive that has some of everything, and the keys of its objects. */
const template = newFolder()
await mkdir(template)
const filled = await open(template)
filled.database.exec('BEGIN')
const keys = await fillArchive(filled.store)
filled.database.exec('COMMIT')
await filled.database.snapshot(join(template, 'copy.db'))
close(filled.database)

/** An archive in use: its data folder, with its media and its secrets. */
async function servedArchive() {
  const path = newFolder()
  const objects = await openFileObjects(objectsIn(path))
  await copyFile(join(template, 'copy.db'), databaseIn(path))
  const { store, database } = await open(path)
  for (const key of keys) await put(objects, key)
  for (const name of FILES) await writeFile(join(path, name), `the ${name}\n`, { mode: 0o600 })
  const source: BackupSource = {
    place: path,
    objects,
    takeIndex: (to) => database.snapshot(to),
    files: FILES.map((name) => join(path, name)),
    buckets: undefined,
  }
  return { path, objects, store, database, source }
}

async function backUp(source: BackupSource, path: string, options: Partial<BackupOptions> = {}) {
  const backup = await BackupFolder.begin(path)
  try {
    return await addSnapshot(source, backup, { keep: 7, now, ...quietly, ...options })
  } finally {
    backup.close()
  }
}

async function verify(path: string) {
  const backup = await BackupFolder.read(path)
  try {
    return await verifySnapshots(await backup.snapshots(), backup, () => {})
  } finally {
    backup.close()
  }
}

/** Restores the newest snapshot, or the one `ago` before, to a new data folder. */
async function restore(path: string, { ago = 0, dataFolder = newFolder() } = {}) {
  const backup = await BackupFolder.read(path)
  try {
    const snapshot = (await backup.snapshots())[ago]!
    const report = await restoreSnapshot(snapshot, backup, { dataFolder, files: FILES, ...quietly })
    return { dataFolder, report }
  } finally {
    backup.close()
  }
}

async function rowsIn(dataFolder: string) {
  const records = openSqliteRecords(databaseIn(dataFolder), { migrates: false })
  try {
    return await rowsOf(records)
  } finally {
    await records.close()
  }
}

async function contentsOf(dataFolder: string) {
  const records = openSqliteRecords(databaseIn(dataFolder), { migrates: false })
  try {
    return await records.contents()
  } finally {
    await records.close()
  }
}

async function keysIn(folder: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of (await openFileObjects(folder, { isRead: true })).list('')) keys.push(key)
  return keys.toSorted()
}

describe('a backup', () => {
  it('is restored with all rows, media and secrets, for its owner alone', async () => {
    const { source, database, path } = await servedArchive()
    const to = newFolder()
    const { snapshot, takenAt, ...report } = await backUp(source, to)
    assert.deepEqual(report, {
      objects: keys.length,
      lost: 0,
      buckets: 'none',
      added: keys.length,
      linked: keys.length,
      bytes: 7 * keys.length,
      lostKeys: [],
      bucketFiles: 0,
      removed: { snapshots: 0, objects: 0 },
    })
    assert.equal(snapshot, new Date(takenAt - 60_000).toISOString().replaceAll(':', '-'))
    assert.equal((await verify(to)).faults, 0)
    const { dataFolder, report: restored } = await restore(to)
    assert.deepEqual([restored.objects, restored.lost, restored.missing], [keys.length, 0, 0])
    close(database)
    assert.deepEqual(await rowsIn(dataFolder), await rowsIn(path))
    assert.deepEqual(await keysIn(objectsIn(dataFolder)), keys.toSorted())
    for (const name of FILES) assert.equal(await readFile(join(dataFolder, name), 'utf8'), `the ${name}\n`)
    for (const file of [databaseIn(dataFolder), ...FILES.map((name) => join(dataFolder, name))]) {
      assert.equal((await stat(file)).mode & 0o777, 0o600, file)
    }
    for (const folder of [to, join(to, 'snapshots', snapshot)]) assert.equal((await stat(folder)).mode & 0o777, 0o700)
    assert.equal((await stat(join(to, 'snapshots', snapshot, 'windrow.db'))).mode & 0o777, 0o600)
    assert.equal(await contentsOf(dataFolder), 'an archive')
  })

  it('grows by what is new, and loses what no snapshot needs', async () => {
    const { source, store, objects } = await servedArchive()
    const to = newFolder()
    await backUp(source, to)
    assert.deepEqual([(await backUp(source, to)).added, (await readdir(join(to, 'snapshots'))).length], [0, 2])
    await store.segmentIndex.forget(INPUT, later(4001), NOTHING_SPARED)
    const pending = await store.segmentIndex.pendingDeletions(9)
    for (const key of pending) await objects.remove(key)
    const gone = pending.filter((key) => keys.includes(key))
    assert.ok(gone.length > 0)
    const third = await backUp(source, to)
    assert.deepEqual(third.removed, { snapshots: 0, objects: 0 })
    assert.deepEqual(await keysIn(join(to, 'objects')), keys.toSorted())
    const { report, dataFolder } = await restore(to, { ago: 2 })
    assert.deepEqual([report.objects, report.missing], [keys.length, 0])
    assert.deepEqual(await keysIn(objectsIn(dataFolder)), keys.toSorted())
    const fourth = await backUp(source, to, { keep: 2 })
    assert.deepEqual(fourth.removed, { snapshots: 2, objects: gone.length })
    const left = keys.filter((key) => !gone.includes(key)).toSorted()
    assert.deepEqual(await keysIn(join(to, 'objects')), left)
    assert.deepEqual((await verify(to)).faults, 0)
  })

  it('is of a moment at which all was there, when objects are deleted before they are placed', async () => {
    const { source, store, objects } = await servedArchive()
    const to = newFolder()
    let copies = 0
    const takeIndex = async (path: string) => {
      await source.takeIndex(path)
      if (++copies > 1) return
      await store.segmentIndex.forget(INPUT, later(4001), NOTHING_SPARED)
      for (const key of await store.segmentIndex.pendingDeletions(9)) await objects.remove(key)
    }
    const { lost, objects: named } = await backUp({ ...source, takeIndex }, to)
    assert.equal(copies, 2)
    assert.equal(lost, 0)
    assert.ok(named < keys.length)
    const { report, dataFolder } = await restore(to)
    assert.deepEqual([report.objects, report.lost, report.missing], [named, 0, 0])
    assert.deepEqual(await keysIn(objectsIn(dataFolder)), await keysIn(objectsIn(source.place)))
  })

  it('lacks what the archive has lost, says so, and has it when it is repaired', async () => {
    const { source, objects } = await servedArchive()
    const to = newFolder()
    await objects.remove('a/1')
    await put(objects, 'b/1', Buffer.from('damaged'.repeat(2)))
    const first = await backUp(source, to)
    assert.deepEqual([first.lost, first.lostKeys, first.added], [2, ['a/1', 'b/1'], keys.length - 2])
    assert.equal((await backUp(source, to)).lost, 2)
    assert.equal((await verify(to)).faults, 0)
    const { report, dataFolder } = await restore(to)
    assert.deepEqual([report.lost, report.missing, report.objects], [2, 0, keys.length - 2])
    assert.equal(await contentsOf(dataFolder), 'an archive')
    for (const key of ['a/1', 'b/1']) await put(objects, key)
    const third = await backUp(source, to)
    assert.deepEqual([third.lost, third.added], [0, 2])
  })

  it('is found damaged when it is verified, and restored as far as it is there', async () => {
    const { source } = await servedArchive()
    const to = newFolder()
    await backUp(source, to)
    await backUp(source, to)
    await rm(join(to, 'objects/a/1'))
    const damaged = join(to, 'objects/b/1')
    await rm(damaged)
    await writeFile(damaged, Buffer.from('damaged'))
    const { faults, told, snapshots, objects, bytes } = await verify(to)
    assert.deepEqual([faults, snapshots.length, objects], [2, 2, keys.length])
    assert.equal(bytes, OBJECT_BYTES.length * (keys.length - 2))
    assert.deepEqual(told.toSorted(), ['source object a/1 is missing', 'source object b/1 is damaged'])
    const { report } = await restore(to)
    assert.deepEqual([report.missing, report.told], [1, ['source object a/1 is missing']])
  })

  it('is found damaged where a disk fails in the midst of an object, whether its checksum is known or not', async () => {
    const { source } = await servedArchive()
    const to = newFolder()
    await backUp(source, to)
    const backup = await BackupFolder.read(to)
    const failing = {
      async *[Symbol.asyncIterator]() {
        yield OBJECT_BYTES.subarray(0, 1)
        throw Object.assign(new Error('i/o error'), { code: 'EIO' })
      },
      close: async () => {},
    }
    const objects = { ...backup.objects, open: async () => failing }
    const checkObject = (key: string) => backup.checkObject(key)
    const { faults, told } = await verifySnapshots(await backup.snapshots(), { objects, checkObject }, () => {})
    backup.close()
    assert.equal(faults, keys.length)
    assert.deepEqual(told.toSorted(), keys.map((key) => `source object ${key} is unreadable`).toSorted())
  })

  it('goes on where one was killed, which leaves the earlier snapshots whole', async () => {
    const { source, store, objects } = await servedArchive()
    const to = newFolder()
    await backUp(source, to)
    await put(objects, 'new/1')
    await put(objects, 'new/2')
    const added = ['new/1', 'new/2'].map((key) => sourceObject(key, later(9000)))
    await store.segmentIndex.commitTimeline(INPUT, commit(2, { objects: added }))
    const broken = { ...objects, location: (key: string) => (key === 'new/2' ? undefined : objects.location(key)) }
    await assert.rejects(backUp({ ...source, objects: broken }, to))
    assert.equal((await verify(to)).snapshots.length, 1)
    assert.ok((await keysIn(join(to, 'objects'))).includes('new/1'))
    const again = await backUp(source, to)
    assert.deepEqual([again.added, again.objects], [1, keys.length + 2])
    assert.deepEqual(await readdir(join(to, 'unfinished')), [])
    assert.equal((await verify(to)).faults, 0)
  })

  it('is made in an empty folder or in that of a backup, by one process at a time', async () => {
    const { source } = await servedArchive()
    const strange = newFolder()
    await mkdir(join(strange, 'photographs'), { recursive: true })
    await assert.rejects(backUp(source, strange), {
      name: 'BackupFailed',
      message: `${strange} is no backup: it has photographs; name an empty folder`,
    })
    const to = newFolder()
    const other = await BackupFolder.begin(to)
    await assert.rejects(backUp(source, to), { message: `${to} is in use by another backup or restore` })
    other.close()
    await rm(join(to, 'backup.lock'))
    await writeFile(join(to, 'backup.lock'), 'no database, but a file of somebody else'.repeat(100))
    await assert.rejects(backUp(source, to), { message: /^cannot use \S+\/backup\.lock: file is not a database$/ })
    await assert.rejects(restore(strange), { message: `there is no backup in ${strange}` })
  })

  it('has names in the order of its snapshots, even when the date steps back', async () => {
    const { source } = await servedArchive()
    const to = newFolder()
    await backUp(source, to)
    await assert.rejects(backUp(source, to, { now: () => 0 }), /is the date right\?$/)
  })

  it('copies to another file system, and proves what it copies', async (test) => {
    const { dev } = await stat(root)
    const others = ['/dev/shm', '/tmp'].map(async (folder) => ((await stat(folder)).dev === dev ? [] : [folder]))
    const [other] = (await Promise.all(others.map((found) => found.catch(() => [])))).flat()
    if (other === undefined) return test.skip('there is only one file system')
    const to = await mkdtemp(join(other, 'windrow-backup-'))
    test.after(() => rm(to, { recursive: true }))
    const { source, objects } = await servedArchive()
    await put(objects, 'a/1', Buffer.from('short'))
    for (const key of ['b/1', 'unplaced']) await put(objects, key, Buffer.from('damaged'))
    const { added, linked, lost, lostKeys } = await backUp(source, to)
    assert.deepEqual([added, linked, lost, lostKeys], [keys.length - 3, 0, 3, ['a/1', 'b/1', 'unplaced']])
    const { report } = await restore(to)
    assert.deepEqual([report.objects, report.linked, report.lost], [keys.length - 3, 0, 3])
  })
})

describe('a restore', () => {
  it('takes an empty folder only', async () => {
    const { source, database, path } = await servedArchive()
    const to = newFolder()
    await backUp(source, to)
    await assert.rejects(restore(to, { dataFolder: path }), { name: 'BackupFailed', message: /is in use/ })
    close(database)
    await assert.rejects(restore(to, { dataFolder: path }), { message: /^\S+ is not empty: it has \S+; an archive/ })
    const strange = newFolder()
    await mkdir(join(strange, 'photographs'), { recursive: true })
    await assert.rejects(restore(to, { dataFolder: strange }), { message: /it has photographs/ })
  })

  it('leaves nothing that a server would start on until it is finished, and can be repeated then', async () => {
    const { source } = await servedArchive()
    const to = newFolder()
    await backUp(source, to)
    const dataFolder = newFolder()
    const backup = await BackupFolder.read(to)
    const [snapshot] = await backup.snapshots()
    const half: Objects = {
      ...backup.objects,
      location: (key) => (key === 'c/0' ? undefined : backup.objects.location(key)),
    }
    const options = { dataFolder, files: FILES, ...quietly }
    await assert.rejects(
      restoreSnapshot(snapshot!, { objects: half, checkObject: (key) => backup.checkObject(key) }, options),
    )
    const served = openSqliteStore(databaseIn(dataFolder)).then((store) => store.close())
    await assert.rejects(served, /finish that by running .* or "windrow restore"/)
    await restoreSnapshot(snapshot!, backup, options)
    backup.close()
    assert.deepEqual(await keysIn(objectsIn(dataFolder)), keys.toSorted())
    const server = await openSqliteStore(databaseIn(dataFolder))
    await server.close()
  })

  it('has the files of buckets where they were wanted, and begins jobs anew where they were not', async () => {
    const { source, store, path } = await servedArchive()
    const job = await claimed(store.resources, later(LEASE_MS))
    const cursor = { tracks: [], objects: 1, bytes: 3 }
    const written = [{ key: 'a/1.ts', size: 3, sha256: '0'.repeat(64) }]
    await store.resources.checkpointHarvestJob(claimOf(job), { now: NOW, leaseMs: LEASE_MS, cursor, objects: written })
    const file = 'clips/a/1.ts'
    const folder = join(path, 'buckets')
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await mkdir(join(folder, 'clips/.windrow-uploads'))
    await writeFile(join(folder, file), 'abc')
    const to = newFolder()
    await backUp({ ...source, buckets: { folder, isWanted: false } }, to)
    const { bucketFiles } = await backUp({ ...source, buckets: { folder, isWanted: true } }, to)
    assert.equal(bucketFiles, 1)

    const without = await restore(to, { ago: 1 })
    assert.equal(without.report.restartedJobs, 1)
    const { store: begun } = await open(without.dataFolder)
    const anew = await begun.resources.harvestJobById(job.id)
    assert.equal(anew?.run.cursor, undefined)
    assert.deepEqual((await begun.resources.listHarvestObjects(job.id, { limit: 9 })).items, [])

    const whole = await restore(to)
    assert.deepEqual([whole.report.restartedJobs, whole.report.bucketFiles], [0, 1])
    assert.equal(await readFile(join(whole.dataFolder, 'buckets', file), 'utf8'), 'abc')
    assert.deepEqual(await readdir(join(whole.dataFolder, 'buckets/clips')), ['a'])
    const { store: going } = await open(whole.dataFolder)
    assert.deepEqual((await going.resources.harvestJobById(job.id))?.run.cursor, cursor)
  })
})

describe('a backup that somebody else has had', () => {
  /** A backup, and the folder of its snapshot. */
  async function made() {
    const { source, database } = await servedArchive()
    const to = newFolder()
    const { snapshot } = await backUp(source, to)
    close(database)
    return { to, snapshot: join(to, 'snapshots', snapshot) }
  }

  it('brings nothing into an archive that its links lead to', async () => {
    const { to } = await made()
    const elsewhere = newFolder()
    await mkdir(elsewhere)
    for (const name of ['1', 'secret']) await writeFile(join(elsewhere, name), OBJECT_BYTES)
    await rm(join(to, 'objects/a/1'))
    await symlink(join(elsewhere, 'secret'), join(to, 'objects/a/1'))
    await rename(join(to, 'objects/b'), newFolder())
    await symlink(elsewhere, join(to, 'objects/b'))
    const strange = keys.filter((key) => key === 'a/1' || key.startsWith('b/'))
    const { faults, told } = await verify(to)
    assert.equal(faults, strange.length)
    assert.deepEqual(told.toSorted(), strange.map((key) => `source object ${key} is unreadable`).toSorted())
    const { dataFolder, report } = await restore(to)
    assert.equal(report.missing, strange.length)
    assert.deepEqual(await keysIn(objectsIn(dataFolder)), keys.filter((key) => !strange.includes(key)).toSorted())
  })

  it('is refused, by name, where its index has keys that lead out of the folder', async () => {
    const { to, snapshot } = await made()
    const index = new DatabaseSync(join(snapshot, 'windrow.db'))
    index.exec(`UPDATE slot SET body = replace(body, '"a/1"', '"../../escaped"')`)
    index.close()
    const refusal = {
      name: 'BackupFailed',
      message: /names the object "\.\.\/\.\.\/escaped", which no archive can have$/,
    }
    await assert.rejects(verify(to), refusal)
    await assert.rejects(restore(to), refusal)
  })

  it('is refused, by name, where what is said of a snapshot cannot be', async () => {
    const { to, snapshot } = await made()
    const about = join(snapshot, 'snapshot.json')
    const said = await readFile(about, 'utf8')
    for (const text of ['null', '{}', said.replace('"none"', '"some"'), said.replace(/"lost":0/, '"lost":"0"'), '']) {
      await writeFile(about, text)
      await assert.rejects(restore(to), { name: 'BackupFailed', message: /is no snapshot: \S/ }, text)
    }
    await writeFile(about, said)
    await symlink(about, join(snapshot, 'credentials-of-another'))
    await assert.rejects(restore(to), {
      message: /is no snapshot: credentials-of-another is neither a file nor a folder$/,
    })
    await rm(join(snapshot, 'credentials-of-another'))
    await writeFile(join(to, 'snapshots/.DS_Store'), '')
    assert.equal((await verify(to)).faults, 0)
  })
})

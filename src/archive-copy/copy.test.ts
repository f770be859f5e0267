import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fillArchive, OBJECT_BYTES, rowsOf } from '../stores/archive-records.contract.ts'
import { type ArchiveRecords, SLOTS } from '../stores/archive-records.ts'
import { openFileObjects } from '../stores/file-objects.ts'
import { type Objects, ObjectsUnavailable } from '../stores/objects.ts'
import { openSqliteRecords } from '../stores/sqlite/archive-records.ts'
import { openSqliteStore } from '../stores/sqlite/sqlite-store.ts'
import { type ArchiveStores, copyArchive, copyMediaAhead } from './copy.ts'
import { CopyFailed } from './copy-failed.ts'
import type { CopyProgress } from './progress.ts'

const folder = await mkdtemp(join(tmpdir(), 'windrow-copy-'))
let folders = 0
const opened = new Set<ArchiveRecords>()
after(async () => {
  for (const records of opened) await records.close()
  await rm(folder, { recursive: true })
})

type FolderArchive = ArchiveStores & { readonly path: string }

async function put(objects: Objects, key: string, bytes: Uint8Array = OBJECT_BYTES): Promise<void> {
  const writer = await objects.create(key)
  await writer.write(Buffer.from(bytes))
  await writer.commit()
}

async function emptyArchive(): Promise<FolderArchive> {
  const path = join(folder, String(++folders))
  const objects = await openFileObjects(join(path, 'objects'))
  const records = openSqliteRecords(join(path, 'windrow.db'), { migrates: true })
  opened.add(records)
  return { place: path, path, records, objects }
}

/** An archive with media, which nobody uses. */
async function someArchive(): Promise<{ readonly archive: FolderArchive; readonly keys: readonly string[] }> {
  const path = join(folder, String(++folders))
  const objects = await openFileObjects(join(path, 'objects'))
  const store = await openSqliteStore(join(path, 'windrow.db'))
  const keys = await fillArchive({ ...store, restart: () => Promise.reject(new Error('not here')) })
  for (const key of keys) await put(objects, key)
  await store.close()
  const records = openSqliteRecords(join(path, 'windrow.db'), { migrates: false })
  opened.add(records)
  return { archive: { place: path, path, records, objects }, keys }
}

async function keysIn(objects: Objects): Promise<string[]> {
  const keys: string[] = []
  for await (const key of objects.list('')) keys.push(key)
  return keys.toSorted()
}

const quietly = { progress: () => {} }

describe('a copy of an archive', () => {
  it('has all rows and media, and tells how far it is', async () => {
    const { archive, keys } = await someArchive()
    const copy = await emptyArchive()
    const told: CopyProgress[] = []
    const report = await copyArchive(archive, copy, { progress: (progress) => told.push(progress) })
    const rows = await rowsOf(archive.records)
    assert.deepEqual(await rowsOf(copy.records), rows)
    assert.deepEqual(await keysIn(copy.objects), keys.toSorted())
    for (const key of keys) assert.deepEqual(await copy.objects.read(key), OBJECT_BYTES)
    const count = Object.values(rows).flat().length
    assert.deepEqual(report, { objects: keys.length, bytes: 7 * keys.length, rows: count, lost: 0, lostKeys: [] })
    for (const phase of ['media', 'rows', 'verification'] as const) {
      const last = told.findLast((each) => each.phase === phase)!
      const total = phase === 'media' ? keys.length : count
      assert.deepEqual(last, { phase, done: total, total, bytes: 7 * keys.length })
    }
    assert.equal(await copy.records.contents(), 'an archive')
    await assert.rejects(copyArchive(archive, copy, quietly), /has an archive already/)
    await assert.rejects(copyMediaAhead(archive, copy, quietly), /has an archive already/)
  })

  it('goes on where it was interrupted, and leaves to deletion what the archive has lost since', async () => {
    const { archive, keys } = await someArchive()
    const copy = await emptyArchive()
    await put(archive.objects, 'expired/later')
    const failing: Objects = {
      ...copy.objects,
      create: (key) => (key === 'c/0' ? Promise.reject(new Error('killed')) : copy.objects.create(key)),
    }
    const ahead = { place: archive.place, objects: archive.objects }
    await assert.rejects(copyMediaAhead(ahead, { ...copy, objects: failing }, quietly), /killed/)
    assert.equal((await copyMediaAhead(ahead, copy, quietly)).objects, keys.length + 1)
    assert.equal((await copyMediaAhead(ahead, copy, quietly)).objects, 0)
    await archive.objects.remove('expired/later')
    const { objects, lost } = await copyArchive(archive, copy, quietly)
    assert.deepEqual([objects, lost], [0, 0])
    await copy.records.close()
    opened.delete(copy.records)
    const store = await openSqliteStore(join(copy.path, 'windrow.db'))
    assert.deepEqual(await store.segmentIndex.pendingDeletions(9), ['expired/later'])
    await store.close()
  })

  it('passes over what is deleted while it is copied ahead', async () => {
    const { archive, keys } = await someArchive()
    const copy = await emptyArchive()
    const vanishing: Objects = {
      ...archive.objects,
      async *list(prefix) {
        yield 'gone/already'
        yield* archive.objects.list(prefix)
      },
    }
    const { objects, lost } = await copyMediaAhead({ place: 'there', objects: vanishing }, copy, quietly)
    assert.deepEqual([objects, lost], [keys.length, 0])
    assert.equal((await copyArchive(archive, copy, quietly)).objects, 0)
  })

  it('copies again what was damaged when it was copied ahead', async () => {
    const { archive, keys } = await someArchive()
    const copy = await emptyArchive()
    await put(archive.objects, 'a/1', Buffer.from('damaged'))
    await put(archive.objects, 'a/2', Buffer.from('short'))
    await copyMediaAhead({ place: archive.place, objects: archive.objects }, copy, quietly)
    await put(archive.objects, 'a/1')
    await put(archive.objects, 'a/2')
    const { objects } = await copyArchive(archive, copy, quietly)
    assert.equal(objects, 2)
    for (const key of keys) assert.deepEqual(await copy.objects.read(key), OBJECT_BYTES)
  })

  it('lacks the media that the archive has lost, and says so', async () => {
    const { archive, keys } = await someArchive()
    const copy = await emptyArchive()
    await archive.objects.remove('a/1')
    await put(archive.objects, 'b/1', Buffer.from('damaged'))
    await put(archive.objects, 'passed', Buffer.from('without a checksum'))
    const { lost, lostKeys, objects } = await copyArchive(archive, copy, quietly)
    const gone = ['a/1', 'b/1', 'passed']
    assert.deepEqual([lost, lostKeys.toSorted(), objects], [3, gone, keys.length - 3])
    assert.deepEqual(await keysIn(copy.objects), keys.filter((key) => !gone.includes(key)).toSorted())
    assert.deepEqual(await rowsOf(copy.records), await rowsOf(archive.records))
  })

  it('waits for a store that does not answer for a moment', async () => {
    const { archive, keys } = await someArchive()
    const copy = await emptyArchive()
    let isAway = true
    const away: Objects = {
      ...copy.objects,
      async create(key) {
        const wasAway = isAway
        isAway = false
        if (wasAway) throw new ObjectsUnavailable('busy')
        return copy.objects.create(key)
      },
    }
    assert.equal((await copyArchive(archive, { ...copy, objects: away }, quietly)).objects, keys.length)
  })

  it('is not finished when rows of it are not as they were', async () => {
    const { archive } = await someArchive()
    const copy = await emptyArchive()
    const write: ArchiveRecords['write'] = (table, records) =>
      copy.records.write(table, table === SLOTS ? records.map(([id, ...rest]) => [Number(id) + 1, ...rest]) : records)
    const wrong = { ...copy, records: { ...copy.records, write } }
    await assert.rejects(copyArchive(archive, wrong, quietly), {
      name: 'CopyFailed',
      message: 'of 3 rows of table slot, the copy has 3, not all of them the same',
    })
    assert.equal(await copy.records.contents(), 'a copy')
    await copyArchive(archive, copy, quietly)
    assert.deepEqual(await rowsOf(copy.records), await rowsOf(archive.records))
  })

  it('is made of an archive that nobody uses, in an empty place', async () => {
    const { archive } = await someArchive()
    const copy = await emptyArchive()
    const inUse: ArchiveStores = {
      ...archive,
      records: { ...archive.records, otherProcesses: async () => ['windrow serve at 10.0.0.7'] },
    }
    const message = `${archive.place} is in use by windrow serve at 10.0.0.7; stop them first`
    await assert.rejects(copyArchive(inUse, copy, quietly), { name: 'CopyFailed', message })
    assert.ok((await copyMediaAhead(inUse, copy, quietly)).objects > 0)
    await assert.rejects(copyArchive(archive, { ...copy, records: inUse.records }, quietly), CopyFailed)

    const strange = await emptyArchive()
    await put(strange.objects, 'of/somebody')
    await assert.rejects(copyArchive(archive, strange, quietly), /has no archive, but objects such as of\/somebody/)
    assert.equal(await strange.records.contents(), 'nothing')
  })

  it('is not made of one that is itself not finished', async () => {
    const [half, copy] = [await emptyArchive(), await emptyArchive()]
    await half.records.beginCopy()
    await assert.rejects(copyArchive(half, copy, quietly), /is itself a copy that is not finished/)
    await assert.rejects(copyMediaAhead(half, copy, quietly), /is itself a copy that is not finished/)
    assert.equal(await copy.records.contents(), 'nothing')
  })
})

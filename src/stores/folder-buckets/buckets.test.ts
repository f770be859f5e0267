import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { bodyOfBytes, bodyOfObjects, bucketContract, destination, refusedWith, takeOrPut } from '../buckets.contract.ts'
import type { Bucket } from '../buckets.ts'
import type { ArchivedObject, ObjectBody } from '../object-body.ts'
import { type FolderBucketsOptions, folderBuckets } from './buckets.ts'

const never = new AbortController().signal
const readIfThere = (path: string) => readFile(path).catch(() => undefined)

for (const links of [true, false]) {
  describe(links ? 'with links' : 'without links', () => {
    let folder: string
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'buckets-'))
    })
    after(() => rm(folder, { recursive: true }))
    bucketContract('folders', async () => ({
      buckets: folderBuckets({ folder, links, createBuckets: true }),
      bucketName: 'clips',
      knowsConditions: true,
      read: (key) => readIfThere(join(folder, 'clips', key)),
    }))
  })
}

describe('a bucket that is a folder', () => {
  let root: string
  let source: string
  let object: ArchivedObject
  let body: ObjectBody
  const path = (...segments: string[]) => join(root, 'buckets', ...segments)
  const openBucket = (other: Partial<FolderBucketsOptions> = {}): Promise<Bucket> =>
    folderBuckets({ folder: path(), links: true, createBuckets: true, ...other }).open(destination('clips'), never)

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'folder-'))
    source = join(root, 'source.ts')
    await writeFile(source, 'media', { mode: 0o444 })
    object = {
      key: 'source',
      location: { kind: 'file', path: source },
      size: 5,
      crc32: crc32('media'),
      open: () => assert.fail('an object with a file is read from there'),
    }
    body = bodyOfObjects([object])
  })
  after(() => rm(root, { recursive: true }))

  it('is made by the first put', async () => {
    const bucket = await openBucket()
    assert.deepEqual(await readdir(root), ['source.ts'])
    await takeOrPut(bucket, 'first/one.ts', body)
    assert.deepEqual(await readdir(path('clips', 'first')), ['one.ts'])
  })

  it('may lie below a folder that can be entered, and not be read', async () => {
    const shared = await mkdtemp(join(tmpdir(), 'shared-'))
    const folder = join(shared, 'buckets')
    await mkdir(folder)
    const isRoot = process.geteuid?.() === 0
    // Root may read everything.
    if (isRoot) for (const each of [shared, folder]) await chown(each, 65_534, 65_534)
    await chmod(shared, 0o311)
    if (isRoot) process.seteuid?.(65_534)
    try {
      await assert.rejects(readdir(shared), { code: 'EACCES' })
      const buckets = folderBuckets({ folder, links: false, createBuckets: true })
      const bucket = await buckets.open(destination('clips'), never)
      await bucket.put('one.ts', bodyOfBytes(Buffer.from('media')), never)
      await bucket.flush()
      assert.equal(await readFile(join(folder, 'clips', 'one.ts'), 'utf8'), 'media')
    } finally {
      if (isRoot) process.seteuid?.(0)
      await chmod(shared, 0o711)
      await rm(shared, { recursive: true })
    }
  })

  it('must exist where buckets are not made', async () => {
    const buckets = folderBuckets({ folder: path(), links: true, createBuckets: false })
    await assert.rejects(buckets.open(destination('absent'), never), refusedWith('NoSuchBucket'))
    await buckets.open(destination('clips'), never)
  })

  it('shares an unchanged file with its source, and replacing the object leaves the source alone', async () => {
    const bucket = await openBucket()
    await takeOrPut(bucket, 'linked/one.ts', body)
    const [object, original] = await Promise.all([stat(path('clips/linked/one.ts')), stat(source)])
    assert.equal(object.ino, original.ino)
    await bucket.put('linked/one.ts', bodyOfBytes(Buffer.from('other')), never)
    assert.equal(await readFile(source, 'utf8'), 'media')
    assert.equal(await readFile(path('clips/linked/one.ts'), 'utf8'), 'other')
    await takeOrPut(bucket, 'linked/one.ts', body)
    await takeOrPut(bucket, 'linked/one.ts', body)
    assert.equal((await stat(path('clips/linked/one.ts'))).ino, original.ino)
    assert.deepEqual(await readdir(path('clips/.windrow-uploads')), [])
  })

  it('copies where links are switched off', async () => {
    const bucket = await openBucket({ links: false })
    await takeOrPut(bucket, 'copied/one.ts', body)
    const copy = await stat(path('clips/copied/one.ts'))
    assert.notEqual(copy.ino, (await stat(source)).ino)
    assert.equal(copy.nlink, 1)
  })

  it('copies from another file system', async (t) => {
    const { dev } = await stat(root)
    const others = ['/dev/shm', '/tmp'].map(async (folder) => ((await stat(folder)).dev === dev ? [] : [folder]))
    const [other] = (await Promise.all(others.map((found) => found.catch(() => [])))).flat()
    if (other === undefined) return t.skip('there is only one file system')
    const elsewhere = await mkdtemp(join(other, 'harvest-'))
    t.after(() => rm(elsewhere, { recursive: true }))
    const bucket = await openBucket({ folder: elsewhere })
    await takeOrPut(bucket, 'far/one.ts', body)
    await takeOrPut(bucket, 'far/one.ts', body)
    assert.equal(await readFile(join(elsewhere, 'clips/far/one.ts'), 'utf8'), 'media')
  })

  it('holds read-only files, whatever their kind', async () => {
    const bucket = await openBucket({ links: false })
    await takeOrPut(bucket, 'modes/copied', body)
    await bucket.put('modes/joined', bodyOfObjects([object, object]), never)
    await bucket.put('modes/written', bodyOfBytes(Buffer.from('x')), never)
    for (const name of await readdir(path('clips/modes'))) {
      assert.equal((await stat(path('clips/modes', name))).mode & 0o777, 0o444, name)
    }
  })

  it('does not follow a symbolic link out of the bucket', async () => {
    const outside = join(root, 'outside')
    await mkdir(outside)
    await symlink(outside, path('clips/escape'))
    const bucket = await openBucket()
    for (const key of ['escape/one.ts', 'escape/deep/two.ts']) {
      await assert.rejects(takeOrPut(bucket, key, body), refusedWith('InvalidName'))
    }
    assert.deepEqual(await readdir(outside), [])
  })

  it('replaces a symbolic link that stands where the object goes, and not what it points to', async () => {
    const victim = join(root, 'victim')
    await writeFile(victim, 'precious')
    await symlink(victim, path('clips/pointer'))
    await (await openBucket()).put('pointer', bodyOfBytes(Buffer.from('asset')), never)
    assert.equal(await readFile(victim, 'utf8'), 'precious')
    assert.equal(await readFile(path('clips/pointer'), 'utf8'), 'asset')
  })

  it('neither lists nor reads what symbolic links lead to, nor what is no file', async () => {
    const outside = join(root, 'elsewhere')
    await mkdir(outside)
    await writeFile(join(outside, 'secret'), 'precious')
    const bucket = await openBucket()
    await takeOrPut(bucket, 'looked/one.ts', body)
    await symlink(outside, path('clips/looked/folder'))
    await symlink(join(outside, 'secret'), path('clips/looked/file'))
    execFileSync('mkfifo', [path('clips/looked/pipe')])
    const reader = await folderBuckets({ folder: path(), links: true, createBuckets: true }).read({
      bucketName: 'clips',
    })
    const { folders, objects } = await reader.list({ prefix: 'looked/', limit: 10 }, never)
    assert.deepEqual([folders, objects.map(({ key }) => key)], [[], ['looked/one.ts']])
    assert.deepEqual(await reader.list({ prefix: 'looked/folder/', limit: 10 }, never), { folders: [], objects: [] })
    for (const key of ['looked/folder/secret', 'looked/file', 'looked/pipe', 'looked/one.ts/more']) {
      assert.equal(await reader.object(key, never), undefined, key)
    }
    for (const prefix of ['../', '.windrow-uploads/', 'a/../', '/', 'a//']) {
      await assert.rejects(async () => reader.list({ prefix, limit: 10 }, never), refusedWith('InvalidName'), prefix)
    }
    const top = await reader.list({ prefix: '', limit: 100 }, never)
    assert.ok(!top.folders.includes('.windrow-uploads/'), top.folders.join())
  })

  it('has nothing while it is still to be made, and names only those that are folders', async () => {
    const folder = join(root, 'later')
    const buckets = folderBuckets({ folder, links: true, createBuckets: true })
    assert.deepEqual(await buckets.names({}, never), { names: [] })
    const reader = await buckets.read({ bucketName: 'unmade' })
    assert.deepEqual(await reader.list({ prefix: '', limit: 10 }, never), { folders: [], objects: [] })
    assert.equal(await reader.object('a', never), undefined)
    for (const name of ['zebra', 'apple', '.hidden', 'a b']) await mkdir(join(folder, name), { recursive: true })
    await writeFile(join(folder, 'file'), '')
    assert.deepEqual(await buckets.names({}, never), { names: ['apple', 'zebra'] })
  })

  it('refuses an object where a folder is, and a folder where an object is', async () => {
    const bucket = await openBucket()
    await takeOrPut(bucket, 'taken/one.ts', body)
    await assert.rejects(takeOrPut(bucket, 'taken', body), refusedWith('InvalidName'))
    await assert.rejects(bucket.put('taken', bodyOfBytes(Buffer.from('x')), never), refusedWith('InvalidName'))
    await assert.rejects(takeOrPut(bucket, 'taken/one.ts/two.ts', body), refusedWith('InvalidName'))
    await assert.rejects(takeOrPut(bucket, '.windrow-uploads/x', body), refusedWith('InvalidName'))
    assert.equal(await readFile(path('clips/taken/one.ts'), 'utf8'), 'media')
  })

  it('clears away what a crash left half-written', async () => {
    await writeFile(path('clips/.windrow-uploads/half'), 'ha')
    await (await openBucket()).put('after/one.ts', body, never)
    assert.equal(await readIfThere(path('clips/.windrow-uploads/half')), undefined)
  })

  it('says that it may not write', async () => {
    const bucket = await openBucket({ folder: '/sys' })
    await assert.rejects(takeOrPut(bucket, 'denied/one.ts', body), refusedWith('AccessDenied'))
  })
})

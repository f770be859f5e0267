/** Where harvests are killed: what keeps their records and their sources, and where their assets go. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts'
import { watchBucket } from '../judges/bucket.ts'
import { openS3 } from '../judges/s3.ts'
import type { Windrow } from '../judges/windrow.ts'
import { startFaultProxy } from '../servers/fault-proxy.ts'
import { startPostgres } from '../servers/postgres.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { startSwift } from '../servers/swift.ts'
import { type Asset, digestOf } from './harvest-faults.ts'

export const BUCKET = 'clips'
const ARCHIVE = 'archive'
const READS_AT_ONCE = 16

type Settings = Readonly<Record<string, string>>

/** A bucket that is looked at from outside. */
export type CrashBucket = {
  /** SHA-256 by path, of the asset in the folder `id`. */
  asset(id: string): Promise<Asset>
  /** Changes whenever the object is written, be it with the same bytes. */
  writingOf(key: string): string
  /** Ends the watch. Throws unless each of so many parent manifests came after all it points to. */
  judgeParents(count: number): Promise<void>
}

export type CrashPlaces = {
  readonly environment: Settings
  /** `objects` is how many an asset has. */
  watch(windrow: Windrow, objects: number): Promise<CrashBucket>
  stop(): Promise<void>
}

/** A process that has all in its data folder, with its buckets there or in S3; or a node, which has nothing there. */
export type CrashForm = 'folder' | 's3' | 'node'

export async function openPlaces(form: CrashForm): Promise<CrashPlaces> {
  if (form !== 'node') return form === 'folder' ? inFolders : inSwift()
  const [postgres, places] = await Promise.all([startPostgres(), inSwift()])
  const environment = {
    ...places.environment,
    WINDROW_DATABASE_URL: await postgres.createDatabase(),
    WINDROW_ARCHIVE_BUCKET: ARCHIVE,
  }
  return {
    ...places,
    environment,
    async stop() {
      await Promise.all([places.stop(), postgres.stop()])
    },
  }
}

const inFolders: CrashPlaces = {
  // Slow enough that a kill falls into it: each object copied and synced.
  environment: { WINDROW_HARVEST_LINKS: 'false' },
  async watch(windrow) {
    const root = windrow.bucketFolder(BUCKET)
    const watch = await watchBucket({ folder: root })
    return {
      async asset(id) {
        const entries = readdirSync(join(root, id), { recursive: true, withFileTypes: true })
        const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
        return new Map(files.map((file) => [relative(join(root, id), file), digestOf(readFileSync(file))]))
      },
      writingOf: (key) => `${statSync(join(root, key)).ino}`,
      async judgeParents(count) {
        assert.deepEqual(await watch.report(), { parents: count, faults: [] })
      },
    }
  },
  async stop() {},
}

async function inSwift(): Promise<CrashPlaces> {
  const swift = await startSwift()
  const s3 = openS3(swift)
  for (const bucket of [BUCKET, ARCHIVE]) await s3.makeBucket(bucket)
  /** By key. */
  const puts = new Map<string, number>()
  const parents = new Map<string, number>()
  const written = () => [...puts.keys()]
  const proxy = await startFaultProxy(
    swift.endpoint,
    ({ method, path }) => {
      const key = keyOf(path)
      if (method !== 'PUT' || !key.endsWith('/index.m3u8') || parents.has(key)) return undefined
      const folder = key.slice(0, -'index.m3u8'.length)
      parents.set(key, written().filter((other) => other.startsWith(folder)).length)
      return undefined
    },
    ({ method, path }, status) => {
      const key = keyOf(path)
      if (method === 'PUT' && status < 300) puts.set(key, (puts.get(key) ?? 0) + 1)
    },
  )
  return {
    environment: harvestsTo(swift, proxy.url),
    async watch(_, objects) {
      return {
        async asset(id) {
          const keys = await s3.keys(BUCKET, `${id}/`)
          const digests = new Map<string, string>()
          await forEachConcurrent(keys, READS_AT_ONCE, new AbortController().signal, async (key) => {
            digests.set(key.slice(id.length + 1), digestOf((await s3.get(BUCKET, key))!))
          })
          return digests
        },
        writingOf: (key) => `${puts.get(key)}`,
        async judgeParents(count) {
          assert.equal(parents.size, count)
          for (const [key, others] of parents) assert.equal(others, objects - 1, `objects before ${key}`)
        },
      }
    },
    async stop() {
      proxy.stop()
      await swift.stop()
    },
  }
}

/** Of a request for an object of the bucket; of any other, the empty string. */
const keyOf = (path: string): string => {
  const [, bucket, ...key] = decodeURIComponent(path.replace(/\?.*$/, '')).split('/')
  return bucket === BUCKET ? key.join('/') : ''
}

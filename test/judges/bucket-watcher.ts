/**
 * A process that looks at a bucket from outside while it is written to, as fast as it can. The moment it sees a parent
 * manifest, everything that manifest points to must be there, whole. `watchBucket` runs it, with a `WatchedBucket` as
 * its argument.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openS3 } from './s3.ts'

export type WatchedBucket =
  | { readonly folder: string }
  | {
      readonly endpoint: string
      readonly region: string
      readonly accessKeyId: string
      readonly secretAccessKey: string
      readonly bucket: string
      /** Of parent manifests that may come. */
      readonly parents: readonly string[]
    }

export type BucketReport = {
  readonly parents: number
  readonly faults: readonly string[]
}

/** A bucket as seen from outside. */
type View = {
  /** Keys of playlists that may be parents. */
  parents(): Promise<readonly string[]>
  text(key: string): Promise<string | undefined>
  size(key: string): Promise<number | undefined>
}

function folderView(folder: string): View {
  const present = <T>(read: () => T): Promise<T | undefined> => {
    try {
      return Promise.resolve(read())
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Promise.resolve(undefined)
      throw error
    }
  }
  return {
    async parents() {
      const names = await present(() => readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      return (names ?? []).filter((name) => name.endsWith('.m3u8'))
    },
    text: (key) => present(() => readFileSync(posix.join(folder, key), 'utf8')),
    size: (key) => present(() => statSync(posix.join(folder, key)).size),
  }
}

/** What a parent manifest promises and the bucket does not hold. */
async function faultsOf(view: View, parent: string, text: string): Promise<string[]> {
  const faults: string[] = []
  for (const name of references(text)) {
    const key = posix.join(posix.dirname(parent), name)
    const playlist = await view.text(key)
    if (playlist === undefined) faults.push(`${parent} points to ${name}, which is not there`)
    else if (!playlist.includes('#EXT-X-ENDLIST')) faults.push(`${parent} points to ${name}, which has no end`)
    for (const segment of references(playlist ?? '')) {
      const size = await view.size(posix.join(posix.dirname(key), segment))
      if (size === undefined) faults.push(`${key} points to ${segment}, which is not there`)
      // A whole number of packets: the least one can say of a transport stream that is all there.
      else if (size === 0 || (segment.endsWith('.ts') && size % 188 !== 0))
        faults.push(`${key} points to ${segment}, which has ${size} bytes`)
    }
  }
  return faults
}

function references(playlist: string): string[] {
  const lines = playlist.split('\n').map((line) => line.trim())
  const uris = lines.flatMap((line) => /^#EXT-X-MEDIA:.*URI="([^"]*)"/.exec(line)?.[1] ?? [])
  return [...uris, ...lines.filter((line) => line !== '' && !line.startsWith('#'))]
}

async function watch(view: View): Promise<void> {
  const known = new Set<string>()
  const faults = new Set<string>()
  const examine = async (key: string) => {
    const text = await view.text(key)
    if (!text?.includes('#EXT-X-STREAM-INF')) return
    known.add(key)
    for (const fault of await faultsOf(view, key, text)) faults.add(fault)
  }

  let stopping = false
  process.on('SIGTERM', () => {
    stopping = true
  })
  let asked = false
  process.on('SIGUSR2', () => {
    asked = true
  })
  process.stdout.write('watching\n')
  while (!stopping) {
    const isAnswer = asked
    asked = false
    for (const key of await view.parents()) if (!known.has(key)) await examine(key)
    if (isAnswer) process.stdout.write('looked\n')
    await sleep(2)
  }
  // What was whole once has to stay so.
  for (const key of known) await examine(key)
  const report: BucketReport = { parents: known.size, faults: [...faults] }
  process.stdout.write(JSON.stringify(report), () => process.exit(0))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const watched = JSON.parse(process.argv[2]!) as WatchedBucket
  if ('folder' in watched) await watch(folderView(watched.folder))
  else {
    const s3 = openS3(watched)
    const { bucket, parents } = watched
    await watch({
      parents: () => Promise.resolve(parents),
      async text(key) {
        const bytes = await s3.get(bucket, key)
        return bytes && new TextDecoder().decode(bytes)
      },
      size: (key) => s3.size(bucket, key),
    })
  }
}

/**
 * A process that looks at a bucket from outside while it is written to, as fast as it can. The moment it sees a parent
 * manifest, everything that manifest points to must be there, whole. `watchBucket` runs it.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type BucketReport = {
  readonly parents: number
  readonly faults: readonly string[]
}

/** What a parent manifest promises and the folder does not hold. */
export function faultsOf(parent: string, text: string): string[] {
  return references(text).flatMap((name) => {
    const path = join(dirname(parent), name)
    const playlist = read(path)
    if (playlist === undefined) return [`${parent} points to ${name}, which is not there`]
    if (!playlist.includes('#EXT-X-ENDLIST')) return [`${parent} points to ${name}, which has no end`]
    return references(playlist).flatMap((segment) => {
      const size = statSync(join(dirname(path), segment), { throwIfNoEntry: false })?.size
      if (size === undefined) return [`${path} points to ${segment}, which is not there`]
      // A whole number of packets: the least one can say of a transport stream that is all there.
      return size > 0 && size % 188 === 0 ? [] : [`${path} points to ${segment}, which has ${size} bytes`]
    })
  })
}

function references(playlist: string): string[] {
  const lines = playlist.split('\n').map((line) => line.trim())
  const uris = lines.flatMap((line) => /^#EXT-X-MEDIA:.*URI="([^"]*)"/.exec(line)?.[1] ?? [])
  return [...uris, ...lines.filter((line) => line !== '' && !line.startsWith('#'))]
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function watch(folder: string): void {
  const parents = new Map<string, string>()
  const faults = new Set<string>()

  const look = (path: string) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const child = join(path, entry.name)
      if (entry.isDirectory()) look(child)
      else if (entry.name.endsWith('.m3u8') && parents.get(child) === undefined) examine(child)
    }
  }
  const examine = (path: string) => {
    const text = read(path)
    if (!text?.includes('#EXT-X-STREAM-INF')) return
    parents.set(path, text)
    for (const fault of faultsOf(path, text)) faults.add(fault)
  }
  const turn = () => {
    try {
      look(folder)
    } catch (error) {
      // The bucket, or a folder in it, may be just coming or going.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }

  const timer = setInterval(turn, 2)
  process.on('SIGTERM', () => {
    clearInterval(timer)
    // What was whole once has to stay so.
    for (const path of parents.keys()) examine(path)
    const report: BucketReport = { parents: parents.size, faults: [...faults] }
    process.stdout.write(JSON.stringify(report), () => process.exit(0))
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) watch(process.argv[2]!)

import { fileURLToPath } from 'node:url'
import { eventually, start } from './belongings.ts'
import type { BucketReport, WatchedBucket } from './bucket-watcher.ts'

const WATCHER = fileURLToPath(new URL('bucket-watcher.ts', import.meta.url))
const READY = 'watching\n'

export type BucketWatch = {
  /** Ends the watch; says the same when it is asked again. */
  report(): Promise<BucketReport>
}

/** Watches a bucket, which need not exist yet, from a process of its own. Resolves when that process is looking. */
export async function watchBucket(bucket: WatchedBucket): Promise<BucketWatch> {
  const { child, ended, said } = start(process.execPath, [WATCHER, JSON.stringify(bucket)])
  await eventually('the bucket watcher', () => {
    if (child.exitCode !== null) throw new Error(`the bucket watcher ended: ${said()}`)
    return said().startsWith(READY) || undefined
  })
  return {
    async report() {
      child.kill('SIGTERM')
      const code = await ended
      if (code !== 0) throw new Error(`the bucket watcher ended with ${code}: ${said()}`)
      return JSON.parse(said().slice(READY.length)) as BucketReport
    },
  }
}

import { fileURLToPath } from 'node:url'
import type { BucketReport, WatchedBucket } from './bucket-watcher.ts'
import { eventually, start } from './processes.ts'

const WATCHER = fileURLToPath(new URL('bucket-watcher.ts', import.meta.url))
const READY = 'watching\n'

export type BucketWatch = {
  /** Resolves when the watcher has looked at everything once more. */
  looked(): Promise<void>
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
  let looks = 0
  return {
    async looked() {
      looks++
      child.kill('SIGUSR2')
      await eventually('the bucket watcher to look', () => linesOf(said()).length > looks || undefined)
    },
    async report() {
      child.kill('SIGTERM')
      const code = await ended
      if (code !== 0) throw new Error(`the bucket watcher ended with ${code}: ${said()}`)
      return JSON.parse(linesOf(said()).at(-1)!) as BucketReport
    },
  }
}

const linesOf = (text: string) => text.trimEnd().split('\n')

import { fileURLToPath } from 'node:url'
import { start } from './belongings.ts'
import type { BucketReport } from './bucket-watcher.ts'

const WATCHER = fileURLToPath(new URL('bucket-watcher.ts', import.meta.url))

export type BucketWatch = {
  /** Ends the watch. */
  report(): Promise<BucketReport>
}

/** Watches a bucket that is a folder, which need not exist yet, from a process of its own. */
export function watchBucket(folder: string): BucketWatch {
  const { child, ended, said } = start(process.execPath, [WATCHER, folder])
  return {
    async report() {
      child.kill('SIGTERM')
      const code = await ended
      if (code !== 0) throw new Error(`the bucket watcher ended with ${code}: ${said()}`)
      return JSON.parse(said()) as BucketReport
    },
  }
}

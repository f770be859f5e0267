import type { Log } from '../log.ts'
import type { Objects } from '../stores/objects.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'

const BATCH = 500

/**
 * A crash between an object's commit and its row leaves bytes nobody answered for. They are deleted; everything a row
 * knows stays, and so does what this process is about to record.
 */
export async function sweepUnknownObjects(deps: {
  segmentIndex: Pick<SegmentIndex, 'unknownObjects'>
  objects: Objects
  log: Log
  isUnrecorded: (key: string) => boolean
  isClosing: () => boolean
}): Promise<void> {
  let batch: string[] = []
  let removed = 0
  const flush = async () => {
    const candidates = batch.filter((key) => !deps.isUnrecorded(key))
    batch = []
    for (const key of await deps.segmentIndex.unknownObjects(candidates)) {
      await deps.objects.remove(key)
      removed++
    }
  }
  for await (const key of deps.objects.list('')) {
    batch.push(key)
    if (batch.length === BATCH) await flush()
    if (deps.isClosing()) return
  }
  if (batch.length > 0) await flush()
  if (removed > 0)
    deps.log.info({ event: 'orphans-removed', removed }, 'removed objects that a crash had left without a row')
}

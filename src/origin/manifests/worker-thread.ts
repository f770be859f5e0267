/** The thread that writes manifests of long windows, which would delay all other viewers on the serving thread. */
import { constants, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import type { SegmentPageJson } from '../../model/segment-page.ts'
import type { StoredSegmentSummary } from '../../model/segment-summary.ts'
import { renderManifest } from './render.ts'
import { SegmentPages } from './segment-pages.ts'
import type { RenderReply, RenderRequest } from './worker-messages.ts'

const port = parentPort
if (!port) throw new Error('origin/manifests/worker-thread.ts runs in a worker thread only')
// On Linux this sets the priority of the thread alone: where cores are few, live viewers come first.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
const pages = new SegmentPages()
const awaited = new Map<number, PromiseWithResolvers<SegmentPageJson<StoredSegmentSummary>>>()
let asked = 0

const send = (message: RenderReply, moved: ArrayBuffer[] = []) => port.postMessage(message, moved)

port.on('message', (message: RenderRequest) => {
  if (message.kind === 'job') {
    const { id, job } = message
    const readPage = (range: { readonly after: number; readonly last: number }) => {
      const page = ++asked
      const answer = Promise.withResolvers<SegmentPageJson<StoredSegmentSummary>>()
      awaited.set(page, answer)
      send({ kind: 'page', id, page, range })
      return answer.promise
    }
    renderManifest(job, pages, readPage).then(
      (rendered) => send({ kind: 'rendered', id, rendered }, rendered instanceof Object ? [rendered.body.buffer] : []),
      (error: Error) => send({ kind: 'failed', id, error }),
    )
    return
  }
  const answer = awaited.get(message.page)
  awaited.delete(message.page)
  if (message.kind === 'page') answer?.resolve(message.json)
  else answer?.reject(new Error(message.message))
})

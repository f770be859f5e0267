/** The thread that writes manifests of long windows, which would delay all other viewers on the serving thread. */

import { constants, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { NoContentKey } from '../../packaging/content-keys.ts'
import { renderManifest } from './render.ts'
import { SegmentPages } from './segment-pages.ts'
import type { RangeQuestion, RangeSource, RenderReply, RenderRequest } from './worker-messages.ts'

const port = parentPort
if (!port) throw new Error('origin/manifests/worker-thread.ts runs in a worker thread only')
// On Linux this sets the priority of the thread alone: where cores are few, live viewers come first.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
let now = 0
const pages = new SegmentPages(() => now)
const awaited = new Map<number, PromiseWithResolvers<unknown>>()
let asked = 0

const send = (message: RenderReply, moved: ArrayBuffer[] = []) => port.postMessage(message, moved)

port.on('message', (message: RenderRequest) => {
  if (message.kind === 'job') {
    const { id, job } = message
    now = message.now
    const ask = (what: RangeQuestion) => {
      const question = ++asked
      const answer = Promise.withResolvers<unknown>()
      awaited.set(question, answer)
      send({ kind: 'question', id, question, ...what })
      return answer.promise
    }
    const source: RangeSource = {
      summaries: (of) => ask({ name: 'summaries', of }) as ReturnType<RangeSource['summaries']>,
      keysOf: (of) => ask({ name: 'keysOf', of }) as ReturnType<RangeSource['keysOf']>,
      adEventsOf: (of) => ask({ name: 'adEventsOf', of }) as ReturnType<RangeSource['adEventsOf']>,
    }
    renderManifest(job, pages, source).then(
      (rendered) => send({ kind: 'rendered', id, rendered }, rendered instanceof Object ? [rendered.body.buffer] : []),
      (error: Error) => send({ kind: 'failed', id, error, lacksKey: error instanceof NoContentKey }),
    )
    return
  }
  const answer = awaited.get(message.question)
  awaited.delete(message.question)
  if (message.kind === 'answer') answer?.resolve(message.answer)
  else answer?.reject(new Error(message.message))
})

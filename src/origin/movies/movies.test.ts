import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { FakeArchive, NOON } from '../../../test/origin/sample-channel.ts'
import { hlsEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { OutgoingBytes } from '../../http/outgoing-bytes.ts'
import { utcMs } from '../../media/time.ts'
import { FileSpool } from '../../stores/file-spool.ts'
import { MovieRefused } from './movie-refused.ts'
import { Movies } from './movies.ts'

const LOG = { info() {}, warn() {}, error() {} }

describe('requests for files', () => {
  it('keep their places while their windows are looked for, though their clients leave', async () => {
    const archive = new FakeArchive(undefined)
    const looking = Promise.withResolvers<undefined>()
    let looks = 0
    const range = () => {
      looks++
      return looking.promise
    }
    const movies = new Movies({
      archive: { edge: async () => undefined, range, outputSegment: async () => 'no such' },
      media: archive.media(),
      openSpool: () => new FileSpool('/nowhere'),
      outgoing: new OutgoingBytes({ mostBytes: 1, stallSeconds: 60, log: LOG }),
      clock: () => NOON,
      limits: { isAllowed: true, longestMs: 86_400_000, atOnce: 2, atOncePerClient: 2, tableBytes: 1 },
    })
    const isRefused = (code: string) => (error: unknown) =>
      error instanceof MovieRefused && error.refusal.error === code
    const ask = (seconds: number) => {
      const response = Object.assign(new EventEmitter(), { destroyed: false }) as unknown as ServerResponse
      const order = { endpoint: hlsEndpoint(), span: { start: utcMs(0), end: utcMs(seconds * 1000) }, isCut: false }
      const answered = movies.send({ headers: {} } as IncomingMessage, response, order, '192.0.2.1')
      return { answered, response }
    }
    const left = [ask(1), ask(2)]
    await new Promise(setImmediate)
    for (const { response } of left) {
      Object.assign(response, { destroyed: true })
      response.emit('close')
    }
    await new Promise(setImmediate)
    const refused = assert.rejects(ask(3).answered, isRefused('TooManyMp4Requests'))
    await new Promise(setImmediate)
    assert.equal(looks, 2)
    await refused
    looking.resolve(undefined)
    await Promise.all(left.map(({ answered }) => answered))
    await assert.rejects(ask(4).answered, isRefused('NothingInWindow'))
  })
})

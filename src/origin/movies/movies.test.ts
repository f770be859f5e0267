import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { sampleEncryption } from '../../../test/keys/sample-encryption.ts'
import { FakeArchive, NOON } from '../../../test/origin/sample-channel.ts'
import { hlsEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { OutgoingBytes } from '../../http/outgoing-bytes.ts'
import { utcMs } from '../../media/time.ts'
import { FileSpool } from '../../stores/file-spool.ts'
import { MovieRefused } from './movie-refused.ts'
import { Movies, type MoviesDeps } from './movies.ts'

const LOG = { info() {}, warn() {}, error() {} }

const moviesOf = (archive: Pick<MoviesDeps['archive'], 'edge' | 'range'>) =>
  new Movies({
    archive: { ...archive, outputSegment: async () => 'no such' },
    media: new FakeArchive(undefined).media(),
    openSpool: () => new FileSpool('/nowhere'),
    outgoing: new OutgoingBytes({ mostBytes: 1, stallSeconds: 60, log: LOG }),
    clock: () => NOON,
    limits: { isAllowed: true, longestMs: 86_400_000, atOnce: 2, atOncePerClient: 2, tableBytes: 1 },
  })

describe('requests for files', () => {
  it('get none of an encrypted endpoint, and nothing is read for them', async () => {
    const movies = moviesOf({ edge: () => assert.fail(), range: () => assert.fail() })
    const endpoint = hlsEndpoint({ encryption: sampleEncryption('AES_128') }, { startoverWindowSeconds: 3600 })
    const [request, response] = [{ headers: {} } as IncomingMessage, {} as ServerResponse]
    const asked = {
      endpoint,
      times: { start: '1785585600', end: '1785585660', depth: 2 },
      query: '',
      client: undefined,
    }
    assert.equal(await movies.play(request, response, asked), 'Mp4InTheClear')
    const order = { endpoint, span: { start: utcMs(0), end: utcMs(1000) }, isCut: false }
    assert.equal(await movies.send(request, response, order, undefined), 'Mp4InTheClear')
  })

  it('keep their places while their windows are looked for, though their clients leave', async () => {
    const looking = Promise.withResolvers<undefined>()
    let looks = 0
    const range = () => {
      looks++
      return looking.promise
    }
    const movies = moviesOf({ edge: async () => undefined, range })
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

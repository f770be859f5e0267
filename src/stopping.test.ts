import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Listeners } from './http/listeners.ts'
import { sendText } from './http/send-text.ts'
import { Stopping } from './stopping.ts'

const silent = { info() {}, warn() {}, error() {} }

describe('a server that stops', () => {
  it('lets requests finish also when its work cannot be released, and then closes what it has opened', async () => {
    const listeners = new Listeners({ log: silent })
    const isAsked = Promise.withResolvers<void>()
    const mayAnswer = Promise.withResolvers<void>()
    const handle = async (_: unknown, response: Parameters<typeof sendText>[0]) => {
      isAsked.resolve()
      await mayAnswer.promise
      sendText(response, 200, 'served')
    }
    const { address } = await listeners.open('test', { host: '127.0.0.1', port: 0 }, [{ prefix: '/', handle }])
    const answer = fetch(`http://127.0.0.1:${address.port}/`)
    await isAsked.promise

    const told: string[] = []
    const stopping = new Stopping()
    stopping.closers.push(
      () => void told.push('first'),
      () => void told.push('second'),
    )
    stopping.releasers.push(async () => {
      throw new Error('the database is gone')
    })
    const stopped = stopping.drain(listeners, 0, (error) => void told.push((error as Error).message))
    assert.ok(stopping.hasBegun.aborted && !stopping.isClosing.aborted)
    mayAnswer.resolve()
    assert.equal(await (await answer).text(), 'served\n')
    await stopped
    assert.deepEqual(told, ['the database is gone', 'second', 'first'])
    assert.ok(stopping.isClosing.aborted)
  })
})

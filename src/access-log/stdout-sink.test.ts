import assert from 'node:assert/strict'
import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { lineOf } from '../../test/judges/access-lines.ts'
import { utcMs } from '../media/time.ts'
import { DroppedLines } from './dropped-lines.ts'
import { StdoutSink } from './stdout-sink.ts'

function sinkOn(stream: Writable) {
  let dropped = 0
  const log = { info() {}, warn() {}, error() {} }
  const counter = {
    add(count = 1) {
      dropped += count
    },
  }
  const sink = new StdoutSink({ stream, dropped: new DroppedLines('stdout', { counter, clock: () => utcMs(0), log }) })
  const write = (line: string) => sink.write('/aws/MediaPackage/any', lineOf(`${line}\n`))
  return { sink, write, dropped: () => dropped }
}

describe('standard output', () => {
  it('has the lines of all groups', async () => {
    const stream = new PassThrough()
    const { sink, write } = sinkOn(stream)
    write('a')
    write('b')
    await sink.close()
    stream.end()
    assert.equal(await text(stream), 'a\nb\n')
  })

  it('may fail: its lines are counted, and nothing else happens', async () => {
    const { sink, write, dropped } = sinkOn(new Writable({ write: (_, _encoding, done) => done(new Error('EPIPE')) }))
    write('a')
    write('b')
    await sink.close()
    assert.equal(dropped(), 2)
  })

  it('may have a reader that takes nothing: closing does not wait for it', async () => {
    const { sink, write } = sinkOn(new Writable({ write() {} }))
    write('a')
    await sink.close()
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { EventStreamReader, EventStreamRefused, type StreamEvent } from '../../console/src/api/event-stream.ts'

const encoder = new TextEncoder()

/** The events of a stream that comes in pieces. */
function read(text: string, pieces: (bytes: Uint8Array) => Iterable<Uint8Array> = (bytes) => [bytes]): StreamEvent[] {
  const reader = new EventStreamReader()
  return [...pieces(encoder.encode(text))].flatMap((piece) => reader.read(piece))
}

const message = (data: string, lastEventId = '', type = 'message'): StreamEvent => ({ type, data, lastEventId })

describe('a server-sent event stream', () => {
  // The examples of the HTML Standard, section 9.2.6, and what its rules say beside them.
  const cases: Readonly<Record<string, readonly [stream: string, events: readonly StreamEvent[]]>> = {
    'has the lines of one event as one text': ['data: YHOO\ndata: +2\ndata: 10\n\n', [message('YHOO\n+2\n10')]],
    'has comments, ids, and ids taken back': [
      ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n',
      [message('first event', '1'), message('second event'), message(' third event')],
    ],
    'has events of empty data, and of empty lines': ['data\n\ndata\ndata\n\ndata:', [message(''), message('\n')]],
    'may have a space after the colon, or none': ['data:test\n\ndata: test\n\n', [message('test'), message('test')]],
    'names its events': ['event: reset\ndata: {}\n\ndata: x\n\n', [message('{}', '', 'reset'), message('x')]],
    'has no event without data, but keeps its id': ['event: a\nid: 7\n\ndata: x\n\n', [message('x', '7')]],
    'ends lines by CR, LF or both': ['data: a\rdata: b\r\ndata: c\n\r\n', [message('a\nb\nc')]],
    'has lines of fields that nobody knows': ['datum: a\ndata : b\nDATA: c\ndata: d\n\n', [message('d')]],
    'ignores an id with a null character': ['id: 1\n\nid: 2\0\ndata: x\n\n', [message('x', '1')]],
    'may begin with a byte order mark': ['\uFEFFdata: x\n\n', [message('x')]],
    'drops what it ends within': ['data: whole\n\ndata: part\n', [message('whole')]],
  }
  for (const [name, [stream, events]] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(read(stream), events))
  }

  it('is the same in whatever pieces it comes', () => {
    const line = fc.constantFrom('data: größe 🎬', 'data:', 'id: 12', 'id', ': comment', 'event: reset', 'retry: 5', '')
    const end = fc.constantFrom('\n', '\r', '\r\n')
    const streams = fc.array(fc.tuple(line, end), { maxLength: 30 }).map((lines) => lines.flat().join(''))
    fc.assert(
      fc.property(streams, fc.infiniteStream(fc.integer({ min: 0, max: 5 })), (stream, sizes) => {
        function* pieces(bytes: Uint8Array) {
          for (let at = 0; at < bytes.length; ) {
            const size = sizes.next().value ?? 1
            yield bytes.subarray(at, at + size)
            at += size
          }
        }
        assert.deepEqual(read(stream, pieces), read(stream))
      }),
    )
  })

  it('tells how long to wait before the next one, in digits only', () => {
    const reader = new EventStreamReader()
    reader.read(encoder.encode('retry: soon\nretry: 2500\nretry: -1\n'))
    assert.equal(reader.retryMs, 2500)
  })

  it('goes on with the last id of the one before', () => {
    assert.deepEqual(new EventStreamReader('41').read(encoder.encode('data: x\n\n')), [message('x', '41')])
  })

  it('is refused with a line, or an event, that would fill the memory', () => {
    assert.throws(() => read('x'.repeat(1_000_001)), EventStreamRefused)
    assert.throws(() => read(`data: ${'x'.repeat(999_000)}\n`.repeat(2)), EventStreamRefused)
  })
})

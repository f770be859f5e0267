import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { nginxAccel } from './accel.ts'
import type { RequestedRange } from './request-headers.ts'

const ASKING = { 'x-sendfile-type': 'X-Accel-Redirect' }

/** Whether nginx is to send the file for a request with these headers, which Windrow understood as this range. */
function sends(headers: IncomingHttpHeaders, range?: RequestedRange, { method = 'GET', isFromProxy = true } = {}) {
  const socket = new Socket()
  const accel = nginxAccel({ isFromProxy: () => isFromProxy })
  return accel.sendsFor(
    { method, url: '/', httpVersion: '1.1', headers, rawHeaders: [], socket },
    range === undefined ? {} : { range },
  )
}

describe('nginx that sends files', () => {
  it('is told to by nobody but a trusted proxy, and only when that asks for it', () => {
    assert.ok(sends(ASKING))
    assert.ok(!sends(ASKING, undefined, { isFromProxy: false }))
    for (const headers of [{}, { 'x-sendfile-type': 'X-Sendfile' }, { 'x-sendfile-type': 'X-Accel-Redirect, x' }])
      assert.ok(!sends(headers))
  })

  it('sends whole files, and ranges that it understands as they are understood here', () => {
    for (const range of ['bytes=0-9', 'bytes=5-', 'bytes=-5', 'Bytes=0-0'])
      assert.ok(sends({ ...ASKING, range }, { start: 0, end: 10 }), range)
    // No ranges here, for several reasons: the whole is the answer.
    for (const range of ['bytes=0-1,4-5', 'bytes=5-2', 'items=0-4', 'bytes=', 'nonsense'])
      assert.ok(!sends({ ...ASKING, range }), range)
    assert.ok(!sends({ ...ASKING, range: `bytes=0-${'9'.repeat(30)}` }, { start: 0, end: 10 }))
  })

  it('sends nothing for a HEAD, nor where it would judge by the file what is not judged here', () => {
    assert.ok(!sends(ASKING, undefined, { method: 'HEAD' }))
    for (const name of ['if-match', 'if-unmodified-since']) assert.ok(!sends({ ...ASKING, [name]: '"x"' }), name)
    for (const name of ['if-none-match', 'if-modified-since', 'if-range'])
      assert.ok(sends({ ...ASKING, [name]: '"x"' }), name)
  })

  it('gets the key of an object below a place of its own, and nothing that a path can be left by', () => {
    const accel = nginxAccel({ isFromProxy: () => true })
    const fields = { ETag: '"x"', 'Cache-Control': 'max-age=1' }
    assert.deepEqual(accel.fieldsOf('a1/b.c/d_e', fields), {
      ETag: '"x"',
      'X-Accel-Cache-Control': 'max-age=1',
      'X-Accel-Redirect': '/windrow-objects/a1/b.c/d_e',
    })
    assert.equal(
      accel.fieldsOf('a b/%2e?c#d\r\n', fields)['X-Accel-Redirect'],
      '/windrow-objects/a%20b/%252e%3Fc%23d%0D%0A',
    )
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RequestHeads } from './request-head.ts'

const read = (text: string) => new RequestHeads(16_384).read(Buffer.from(text, 'latin1'))
const withFields = (...lines: string[]) => ['GET /a?b=c HTTP/1.1', 'Host: x', ...lines, '', ''].join('\r\n')

describe('a simple request', () => {
  it('is a GET or HEAD for a path, with its fields as Node has them', () => {
    assert.deepEqual(read('HEAD /a/b.ts?x=%20 HTTP/1.1\r\nHost: x:80\r\nX-Empty:\r\nRange:\t bytes=0-1 \r\n\r\n'), {
      method: 'HEAD',
      url: '/a/b.ts?x=%20',
      headers: { host: 'x:80', 'x-empty': '', range: 'bytes=0-1' },
      rawHeaders: ['Host', 'x:80', 'X-Empty', '', 'Range', 'bytes=0-1'],
    })
    assert.equal(read(withFields('Connection: Keep-Alive'))?.headers.connection, 'Keep-Alive')
  })

  it('has the fields of its own bytes, also after another of the same connection', () => {
    const heads = new RequestHeads(16_384)
    const fieldOf = (text: string) => heads.read(Buffer.from(text))?.headers['x']
    assert.deepEqual(
      ['X: 1', 'X: 2', 'bad', 'X: 2', 'X: 2'].map((line) => fieldOf(withFields(line))),
      ['1', '2', undefined, '2', '2'],
    )
  })

  const OTHERS: Readonly<Record<string, string>> = {
    'another method': 'PUT / HTTP/1.1\r\nHost: x\r\n\r\n',
    'a method in small letters': 'get / HTTP/1.1\r\nHost: x\r\n\r\n',
    'a method that begins like one': 'GETS / HTTP/1.1\r\nHost: x\r\n\r\n',
    'another version': 'GET / HTTP/1.0\r\nHost: x\r\n\r\n',
    'two blanks': 'GET  / HTTP/1.1\r\nHost: x\r\n\r\n',
    'a blank behind the version': 'GET / HTTP/1.1 \r\nHost: x\r\n\r\n',
    'the absolute form': 'GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n',
    'the asterisk form': 'GET * HTTP/1.1\r\nHost: x\r\n\r\n',
    'a fragment': 'GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n',
    'a target of other characters': 'GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n',
    'no Host': 'GET / HTTP/1.1\r\nAccept: a\r\n\r\n',
    'an empty Host': 'GET / HTTP/1.1\r\nHost: \r\n\r\n',
    'no field at all, in as many bytes': 'GET /aaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\n\r\n',
    'two Hosts': withFields('HOST: x'),
    'a field twice': withFields('Accept: a', 'accept: a'),
    'a length': withFields('Content-Length: 0'),
    'a coding': withFields('Transfer-Encoding: chunked'),
    'an expectation': withFields('Expect: 100-continue'),
    'an upgrade': withFields('Upgrade: h2c'),
    'a connection that is to be closed': withFields('Connection: close'),
    'more options of a connection': withFields('Connection: keep-alive, x'),
    'a folded line': withFields('X: a', ' b'),
    'a blank before the colon': withFields('X : a'),
    'a name with other characters': withFields('X(: a'),
    'a name that is no plain member': withFields('__proto__: a'),
    'a control character': withFields('X: a\x01'),
    'a character beyond ASCII': withFields('X: \xe9'),
    'a bare carriage return': withFields('X: a\rb'),
    'a bare line feed': withFields('X: a\nb'),
    'line feeds alone': 'GET / HTTP/1.1\nHost: x\n\n',
    'no end': 'GET / HTTP/1.1\r\nHost: x\r\n',
    'something behind its end': `${withFields()}G`,
    'another request behind it': withFields() + withFields(),
    'many fields': withFields(...Array.from({ length: 64 }, (_, n) => `X-${n}: a`)),
    'a long head': withFields(`X: ${'a'.repeat(4096)}`),
  }
  for (const [what, text] of Object.entries(OTHERS)) {
    it(`is not one with ${what}`, () => assert.equal(read(text), undefined))
  }

  it('has no more bytes than a listener takes', () => {
    const text = withFields(`X: ${'a'.repeat(100)}`)
    assert.equal(new RequestHeads(text.length - 1).read(Buffer.from(text)), undefined)
    assert.notEqual(new RequestHeads(text.length).read(Buffer.from(text)), undefined)
  })
})

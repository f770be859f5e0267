import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { address, addressText, bytes, databaseUrl, duration, InvalidValue, url } from './value-kind.ts'

describe('a size', () => {
  for (const [text, expected] of [
    ['0B', 0],
    ['1kB', 1000],
    ['1.5 KiB', 1536],
    ['64MiB', 64 * 2 ** 20],
    ['2TiB', 2 * 2 ** 40],
  ] as const) {
    it(`${text} is ${expected} bytes`, () => assert.equal(bytes.parse(text), expected))
  }
  for (const text of ['', '12', 'MiB', '-1B', '1e3B', '1 mib', '1constructor', '99999999999TiB']) {
    it(`"${text}" is none`, () => assert.throws(() => bytes.parse(text), InvalidValue))
  }
})

describe('a duration', () => {
  it('is counted in milliseconds', () => {
    assert.deepEqual(
      ['1ms', '1.5s', '2m', '1h', '14d'].map((text) => duration.parse(text)),
      [1, 1500, 120_000, 3_600_000, 1_209_600_000],
    )
  })
})

describe('an address', () => {
  for (const text of ['127.0.0.1:8080', '[::1]:0', 'origin.example:443', '0.0.0.0:1']) {
    it(`${text} is read, and written the same way`, () => assert.equal(addressText(address.parse(text)), text))
  }
  for (const text of ['8080', ':8080', 'a b:1', 'http://x:1', '[::1]', '::1:80', 'x:99999', '[x]:1']) {
    it(`"${text}" is none`, () => assert.throws(() => address.parse(text), InvalidValue))
  }
})

describe('a URL', () => {
  it('loses the slashes at its end', () => {
    assert.equal(url.parse('https://origin.example/'), 'https://origin.example')
    assert.equal(url.parse('http://h:81/live//'), 'http://h:81/live')
  })
  for (const text of ['', 'origin.example', 'file:///etc', 'http://a/?b', 'http://a/#b', 'http://u@a']) {
    it(`"${text}" is none`, () => assert.throws(() => url.parse(text), InvalidValue))
  }
})

describe('a database URL', () => {
  for (const text of ['postgres://u:p%40@[::1]:5432/d?sslmode=verify-full', 'postgresql://db.example/windrow']) {
    it(`"${text}" is one`, () => assert.equal(databaseUrl.parse(text), text))
  }
  for (const text of ['', 'windrow', 'mysql://u:secret@h/d', 'postgres://u:secret@h', 'postgres://u:secret@h/']) {
    it(`"${text}" is none, and is not shown`, () => {
      assert.throws(
        () => databaseUrl.parse(text),
        (error: Error) => error instanceof InvalidValue && !error.message.includes('secret'),
      )
    })
  }
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RecurringText } from './recurring-text.ts'

describe('texts that come again', () => {
  it('are written once, as long as there are few of them', () => {
    const written: string[] = []
    const texts = new RecurringText((text) => {
      written.push(text)
      return `<${text}>`
    })
    const read = (text: string) => Buffer.from(texts.bytesOf(text)).toString()
    for (const text of ['', 'a', 'é', 'a', '', 'é']) assert.equal(read(text), `<${text}>`)
    assert.deepEqual(written, ['', 'a', 'é'])
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < 1000; at++) assert.equal(read(`t${at}`), `<t${at}>`)
    }
    assert.equal(written.length, 2003, 'more than are kept')
    for (const text of ['x'.repeat(2000), 'a', 'x'.repeat(2000)]) assert.equal(read(text), `<${text}>`)
    assert.equal(written.length, 2006, 'too long to be kept')
  })
})

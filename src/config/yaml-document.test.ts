import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { yamlDocument } from './yaml-document.ts'

describe('a YAML document', () => {
  it('has its values as the text that is written', () => {
    assert.deepEqual(yamlDocument('a: 012\nb: [yes, ~]\n')?.toJS(), { a: '012', b: ['yes', '~'] })
  })

  it('tells the first error by its place and code, without the lines around it', () => {
    const errors = yamlDocument('a: b\nsecret\nsecret\n')?.errors
    assert.deepEqual([errors?.[0]?.code, errors?.[0]?.pos[0]], ['MULTILINE_IMPLICIT_KEY', 5])
    assert.doesNotMatch(String(errors?.[0]?.stack), /secret| at /)
    assert.match(String(new Error('of others').stack), / at /)
  })

  it('is undefined for what is nested or has anchors beyond all sense, which no ruler is', () => {
    for (const text of ['[', '- ', '? - ', '[-', '{?', '[?[', '[-{ ', '&a ']) {
      assert.equal(yamlDocument(text.repeat(64)), undefined, text)
    }
    assert.deepEqual(yamlDocument(`# ${'-'.repeat(80)}\na: b\n`)?.toJS(), { a: 'b' })
  })
})

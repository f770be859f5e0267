import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plainFileName } from './file-name.ts'

describe('the file name of a source URI', () => {
  for (const [uri, name] of [
    ['seg-001.ts', 'seg-001.ts'],
    ['seg%20001.ts', 'seg 001.ts'],
    ['seg.ts?token=a/b', 'seg.ts'],
    ['..ts', '..ts'],
  ] as const) {
    it(`of ${uri} is ${name}`, () => assert.equal(plainFileName(uri), name))
  }

  for (const uri of [
    '',
    '?a',
    '.',
    '..',
    '%2e%2e',
    '/a.ts',
    'sub/a.ts',
    'sub%2Fa.ts',
    '..\\a.ts',
    'a%5cb.ts',
    'http://h/a.ts',
    'a.ts#x',
    '%zz',
    'a%00.ts',
  ]) {
    it(`of ${uri || 'an empty URI'} is none`, () => assert.equal(plainFileName(uri), undefined))
  }
})

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseTarget } from './target.ts'

const TARGETS: readonly [string, string, string | undefined, string?][] = [
  ['origin form', '/a/b', '/a/b', ''],
  ['a query', '/a?x=1?y', '/a', 'x=1?y'],
  ['two slashes are a path, not a host', '//a/b', '//a/b', ''],
  ['percent-encoding stays', '/%2e%2e/b', '/%2e%2e/b', ''],
  ['absolute form', 'http://host:80/a/b?c', '/a/b', 'c'],
  ['absolute form in capitals', 'HTTPS://HOST/a', '/a', ''],
  ['absolute form without a path', 'http://host', '/', ''],
  ['absolute form with a query only', 'http://host?c', '/', 'c'],
  ['asterisk form', '*', undefined],
  ['another scheme', 'ftp://host/a', undefined],
  ['nothing', '', undefined],
]

for (const [what, url, path, query] of TARGETS) {
  it(`splits a request target: ${what}`, () => {
    assert.deepEqual(parseTarget(url), path === undefined ? undefined : { path, query })
  })
}

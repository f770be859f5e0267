import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPageTokens } from './page-tokens.ts'

const LISTING = ['ListHarvestJobs', 'sports', undefined] as const

describe('a page token', () => {
  const tokens = createPageTokens('secret')
  const page = { items: [], next: 'cursor é' }
  const token = tokens.token(page, LISTING) ?? ''

  it('brings the cursor back, also after a restart', () => {
    const request = createPageTokens('secret').request({ maxResults: 7, nextToken: token }, LISTING)
    assert.deepEqual(request, { limit: 7, after: 'cursor é' })
  })

  it('is not there on the last page', () => {
    assert.equal(tokens.token({ items: [] }, LISTING), undefined)
  })

  it('is refused elsewhere, changed, or made with another secret', () => {
    const flipped = (token.startsWith('A') ? 'B' : 'A') + token.slice(1)
    const refused = { name: 'RuleViolation', path: 'nextToken' }
    for (const nextToken of ['', 'x', flipped, token.slice(0, -1), token.slice(0, 10)]) {
      assert.throws(() => tokens.request({ nextToken }, LISTING), refused, nextToken)
    }
    for (const listing of [
      ['ListHarvestJobs', undefined, 'sports'],
      ['ListHarvestJobs', 'sports'],
      ['ListChannels'],
    ] as const) {
      assert.throws(() => tokens.request({ nextToken: token }, listing), refused)
    }
    assert.throws(() => createPageTokens('other').request({ nextToken: token }, LISTING), refused)
  })
})

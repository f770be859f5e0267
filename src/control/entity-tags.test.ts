import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { conditionOf, entityTag, entityTagOf, withEntityTag } from './entity-tags.ts'

describe('If-Match', () => {
  const isMet = (ifMatch: string, tag?: string) => {
    try {
      conditionOf(ifMatch)?.(tag)
      return true
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'PreconditionFailedException')
      return false
    }
  }

  it('is met by the tag that it names, or by one of them, RFC 9110 section 13.1.1', () => {
    assert.ok(isMet('"a-1"', '"a-1"'))
    assert.ok(isMet('"a-0", "a-1"', '"a-1"'))
    assert.ok(isMet('"a-0","a-1"', '"a-1"'))
    assert.ok(!isMet('"a-0"', '"a-1"'))
    assert.ok(!isMet('', '"a-1"'))
  })

  it('* is met by whatever is there', () => {
    assert.ok(isMet('*', '"a-1"'))
    assert.ok(isMet(' * ', '"a-1"'))
  })

  it('is compared strongly: weak tags, and those without quotes, match none', () => {
    assert.ok(!isMet('W/"a-1"', '"a-1"'))
    assert.ok(!isMet('a-1', '"a-1"'))
    assert.ok(!isMet('"A-1"', '"a-1"'))
  })

  it('names no state of what has no entity tag', () => {
    assert.ok(!isMet('"a-1"'))
    assert.ok(isMet('*'))
  })

  it('says whose change stands', () => {
    assert.throws(() => conditionOf('"a-1"')?.('"a-2"'), {
      message:
        'Somebody else has changed this since: its entity tag is "a-2" now. Their change stands, and nothing of yours ' +
        'was done. Describe it again, and repeat what is still to be changed.',
    })
  })

  it('is no condition where it is not sent', () => {
    assert.equal(conditionOf(undefined), undefined)
  })
})

it('an answer has the entity tag of what it describes, and JSON has not', () => {
  const answer = withEntityTag({ id: 'a' }, entityTag('a', 1))
  assert.equal(entityTagOf(answer), '"a-1"')
  assert.equal(entityTagOf({ id: 'a' }), undefined)
  assert.equal(JSON.stringify(answer), '{"id":"a"}')
})

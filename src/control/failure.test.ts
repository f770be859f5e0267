import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BodyTooLong } from '../http/read-body.ts'
import { RuleViolation } from '../model/rule-violation.ts'
import { BucketRefused } from '../stores/buckets.ts'
import { STORE_UNAVAILABLE, StoreUnavailable } from '../stores/resources.ts'
import { failureOf } from './failure.ts'

describe('what a client is told', () => {
  const unprocessable = { status: 422, type: 'UnprocessableEntityException' }
  for (const [error, failure] of [
    [new RuleViolation('id', 'must be short'), { ...unprocessable, message: 'id: must be short' }],
    [new BucketRefused('AccessDenied', 'No.', { cause: new Error('403') }), { ...unprocessable, message: 'No.' }],
    [
      new BodyTooLong(9),
      { status: 413, type: 'RequestEntityTooLargeException', message: 'A body may have at most 9 bytes.' },
    ],
    [
      new StoreUnavailable('the disk is on fire'),
      { status: 503, type: 'ServiceUnavailableException', message: STORE_UNAVAILABLE },
    ],
  ] as const) {
    it(`about ${error.name}`, () => assert.deepEqual(failureOf(error), failure))
  }

  it('about anything else, is nothing', () => {
    const { status, message } = failureOf(new Error('a secret'))
    assert.deepEqual([status, message.includes('secret')], [500, false])
  })
})

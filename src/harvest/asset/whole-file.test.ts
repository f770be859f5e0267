import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { archiveOf, at } from '../../../test/harvest/sample-harvest.ts'
import { hlsEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { readWindow } from '../../packaging/paged-window.ts'
import { BucketRefused } from '../../stores/buckets.ts'
import { attemptsFor } from '../job/retry-policy.ts'
import type { WholeFileObject } from './files.ts'
import { WindowReading, withBody } from './whole-file.ts'

describe('a file of a whole window', () => {
  it('is refused with its reason, and tried again, when there is no space for its tables', async () => {
    const window = await readWindow(archiveOf(3), hlsEndpoint(), { start: at(0), end: at(18) })
    const reading = new WindowReading(window!, AbortSignal.abort(), () => {})
    const noSpace = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    const file: WholeFileObject = { key: 'a.mp4', track: 'a', isOpen: false, body: () => Promise.reject(noSpace) }
    await assert.rejects(
      withBody(file, reading, () => assert.fail('there is no body')),
      (error) => {
        assert.ok(error instanceof BucketRefused)
        assert.equal(error.code, 'Full')
        assert.match(error.message, /The disk with the data folder is full/)
        assert.equal(attemptsFor(error, 4), 4)
        return true
      },
    )
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Bucket } from '../../stores/buckets.ts'
import { bring } from './bring.ts'

const never = new AbortController().signal

describe('a body in memory that is lent', () => {
  const steps: string[] = []
  const file = {
    key: 'index_1_1.ts',
    body: async () => ({
      ...({ kind: 'bytes', parts: [Buffer.from('media')], contentType: 'video/MP2T', size: 5 } as const),
      release: () => void steps.push('released'),
    }),
  }
  const bucketThat = (put: () => Promise<void>) =>
    ({
      take: async () => ({ isTaken: false }),
      async put() {
        steps.push('put')
        await put()
        steps.push('there')
      },
    }) as unknown as Bucket
  const sleep = () => assert.fail('nothing is tried again')

  it('is released when its object is there', async () => {
    steps.length = 0
    await bring(
      file,
      bucketThat(async () => {}),
      sleep,
      never,
    )
    assert.deepEqual(steps, ['put', 'there', 'released'])
  })

  it('is not released after a failure, when it may still be on its way', async () => {
    steps.length = 0
    const broken = bucketThat(async () => {
      throw new Error('broken')
    })
    await assert.rejects(bring(file, broken, sleep, never), /broken/)
    assert.deepEqual(steps, ['put'])
  })
})

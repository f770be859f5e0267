import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../../media/time.ts'
import { type Bucket, BucketRefused } from '../../stores/buckets.ts'
import { Destination } from './destination.ts'

const never = new AbortController().signal

const deps = { sleep: () => assert.fail('nothing is tried again'), steady: () => utcMs(0), objectsAtOnce: 4 }

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

  it('is released when its object is there', async () => {
    steps.length = 0
    await new Destination(
      bucketThat(async () => {}),
      deps,
    ).bring(file, never)
    assert.deepEqual(steps, ['put', 'there', 'released'])
  })

  it('is not released after a failure, when it may still be on its way', async () => {
    steps.length = 0
    const broken = bucketThat(async () => {
      throw new Error('broken')
    })
    await assert.rejects(new Destination(broken, deps).bring(file, never), /broken/)
    assert.deepEqual(steps, ['put'])
  })
})

describe('objects brought at the same time', () => {
  const body = async () =>
    ({ kind: 'bytes', parts: [Buffer.from('media')], contentType: 'video/MP2T', size: 5 }) as const

  /** Brings objects, each of which takes a second; gives how many may be brought at once at the end. */
  async function atOnceAfter(objects: number, isRemote: boolean, refusal?: BucketRefused) {
    let now = utcMs(0)
    let refusals = refusal ? 4 : 0
    const bucket = {
      isRemote,
      take: async () => ({ isTaken: false }),
      async put() {
        now = utcMs(now + 1000)
        if (refusal && refusals-- > 0) throw refusal
      },
    } as unknown as Bucket
    const destination = new Destination(bucket, { steady: () => now, sleep: async () => {}, objectsAtOnce: 4 })
    for (let i = 0; i < objects; i++) await destination.bring({ key: `index_1_${i}.ts`, body }, never)
    const { atOnce } = destination
    return typeof atOnce === 'number' ? atOnce : atOnce.limit
  }

  it('are four times as many where a remote bucket takes them', async () => {
    assert.equal(await atOnceAfter(200, true), 16)
  })

  it('are as many as is set where the bucket is local', async () => {
    assert.equal(await atOnceAfter(200, false), 4)
  })

  it('are fewer when the bucket says that it is too much, and as many when it does not answer', async () => {
    assert.equal(await atOnceAfter(1, true, new BucketRefused('Unavailable', 'Slow down.')), 2)
    assert.equal(await atOnceAfter(1, true, new BucketRefused('Unreachable', 'Nobody answers.')), 4)
  })
})

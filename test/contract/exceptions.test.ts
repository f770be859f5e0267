import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ForbiddenException,
  InternalServerErrorException,
  NotFoundException,
  ServiceUnavailableException,
  TooManyRequestsException,
  UnprocessableEntityException,
} from '@aws-sdk/client-mediapackage'
import { DiskFull, StoreUnavailable } from '../../src/stores/resources.ts'
import { ACCOUNT_ID, REGION, startControl } from './control-under-test.ts'
import { clientOf } from './sdk-client.ts'

const ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/harvest`

describe('each exception is met as its own class', () => {
  it('404, 422 and 429', async (t) => {
    const control = await startControl({
      limits: { maxChannels: 1, maxOriginEndpointsPerChannel: 1, maxHarvestJobsInProgress: 1 },
    })
    t.after(() => control.close())
    const client = clientOf(control)
    await assert.rejects(client.describeChannel({ Id: 'none' }), NotFoundException)
    await client.createChannel({ Id: 'one' })
    await assert.rejects(client.createChannel({ Id: 'one' }), UnprocessableEntityException)
    await assert.rejects(client.createChannel({ Id: 'two' }), TooManyRequestsException)
    const endpoint = { ChannelId: 'one', HlsPackage: {}, StartoverWindowSeconds: 600 }
    await client.createOriginEndpoint({ Id: 'one', ...endpoint })
    await assert.rejects(client.createOriginEndpoint({ Id: 'one', ...endpoint }), UnprocessableEntityException)
    await assert.rejects(client.createOriginEndpoint({ Id: 'two', ...endpoint }), TooManyRequestsException)
    const job = {
      OriginEndpointId: 'one',
      StartTime: new Date(Date.now() - 60_000).toISOString(),
      EndTime: new Date().toISOString(),
      S3Destination: { BucketName: 'clips', ManifestKey: 'a.m3u8', RoleArn: ROLE },
    }
    await client.createHarvestJob({ Id: 'one', ...job })
    await assert.rejects(client.createHarvestJob({ Id: 'one', ...job }), UnprocessableEntityException)
    await assert.rejects(client.createHarvestJob({ Id: 'two', ...job }), TooManyRequestsException)
  })

  it('403: an ARN of another account', async (t) => {
    const control = await startControl()
    t.after(() => control.close())
    const ResourceArn = `arn:aws:mediapackage:${REGION}:999999999999:channels/${'0'.repeat(32)}`
    await assert.rejects(clientOf(control).listTagsForResource({ ResourceArn }), ForbiddenException)
  })

  it('500: a store that fails, of which the client learns nothing and the log everything', async (t) => {
    const control = await startControl({
      trouble: () => ({
        channelById: async () => {
          throw new Error('disk on fire')
        },
      }),
    })
    t.after(() => control.close())
    await assert.rejects(clientOf(control).describeChannel({ Id: 'any' }), (error: Error) => {
      assert.ok(error instanceof InternalServerErrorException)
      assert.doesNotMatch(error.message, /fire/)
      return true
    })
    assert.match(String((control.errors[0] as { error: Error }).error), /disk on fire/)
  })

  it('503: a disk that is full, as each store says it', async (t) => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    const errors = [full, new DiskFull('database or disk is full'), Object.assign(new Error('x'), { code: '53100' })]
    const control = await startControl({
      trouble: () => ({
        createChannel: async () => {
          throw errors.pop()
        },
      }),
    })
    t.after(() => control.close())
    while (errors.length > 0) {
      await assert.rejects(clientOf(control).createChannel({ Id: 'more' }), (error: Error) => {
        assert.ok(error instanceof ServiceUnavailableException)
        assert.match(error.message, /disk of the server is full/)
        return true
      })
    }
  })

  it('503: others who are always quicker, or a store that is overrun', async (t) => {
    const control = await startControl({
      trouble: () => ({
        updateChannel: async () => 'conflict',
        listChannels: async () => {
          throw new StoreUnavailable('too many requests wait')
        },
      }),
    })
    t.after(() => control.close())
    const client = clientOf(control)
    await client.createChannel({ Id: 'busy' })
    await assert.rejects(client.updateChannel({ Id: 'busy', Description: 'x' }), ServiceUnavailableException)
    await assert.rejects(client.listChannels({}), ServiceUnavailableException)
  })
})

describe('two changes at the same time', () => {
  it('are both kept', async (t) => {
    const control = await startControl()
    t.after(() => control.close())
    const client = clientOf(control)
    const { Arn: ResourceArn } = await client.createChannel({ Id: 'shared' })
    await Promise.all([
      client.tagResource({ ResourceArn, Tags: { a: '1' } }),
      client.tagResource({ ResourceArn, Tags: { b: '2' } }),
      client.updateChannel({ Id: 'shared', Description: 'three' }),
    ])
    const { Tags, Description } = await client.describeChannel({ Id: 'shared' })
    assert.deepEqual([Tags, Description], [{ a: '1', b: '2' }, 'three'])
  })
})

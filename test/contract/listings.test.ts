import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { paginateListChannels, UnprocessableEntityException } from '@aws-sdk/client-mediapackage'
import { startControl } from './control-under-test.ts'
import { clientOf, collected } from './sdk-client.ts'

describe('listings', () => {
  it('come in creation order, page by page', async (t) => {
    const control = await startControl()
    t.after(() => control.close())
    const client = clientOf(control)
    for (const Id of ['b', 'a', 'c']) await client.createChannel({ Id })
    const pages = await collected(paginateListChannels({ client, pageSize: 2 }, {}))
    assert.deepEqual(
      pages.map((page) => page.Channels?.map(({ Id }) => Id)),
      [['b', 'a'], ['c']],
    )
    assert.ok(!('NextToken' in (pages.at(-1) ?? {})), 'the last page has no token')
    await assert.rejects(client.listChannels({ NextToken: 'b' }), /nextToken: /)
    await assert.rejects(client.listChannels({ MaxResults: 0 }), /maxResults: must be between 1 and 1000, got 0/)
    await assert.rejects(client.listChannels({ MaxResults: 1001 }), UnprocessableEntityException)
    const { NextToken } = await client.listChannels({ MaxResults: 1 })
    await assert.rejects(client.listOriginEndpoints({ NextToken }), UnprocessableEntityException)
  })

  it('take a token for the same filter only', async (t) => {
    const control = await startControl()
    t.after(() => control.close())
    const client = clientOf(control)
    await client.createChannel({ Id: 'a' })
    for (const Id of ['x', 'y']) await client.createOriginEndpoint({ Id, ChannelId: 'a', HlsPackage: {} })
    const { NextToken } = await client.listOriginEndpoints({ ChannelId: 'a', MaxResults: 1 })
    const second = await client.listOriginEndpoints({ ChannelId: 'a', MaxResults: 1, NextToken })
    assert.deepEqual(
      second.OriginEndpoints?.map(({ Id }) => Id),
      ['y'],
    )
    await assert.rejects(client.listOriginEndpoints({ NextToken }), UnprocessableEntityException)
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { utcMs } from '../../src/media/time.ts'
import { type Asker, NOW, ROLE, startAsker } from './rules-asker.ts'

/** The system of AES-128, of SPEKE. */
const AES_128 = '81376844-f976-481e-a84e-cc25d39b0b33'
const PATH = '/windrow/v1/status'

type Status = {
  readonly date: string
  readonly process: Readonly<Record<string, unknown>>
  readonly counts: Readonly<Record<string, number>>
  readonly harvestJobsOfLastDay: Readonly<Record<string, number>>
  readonly channels: readonly {
    readonly id: string
    readonly inputs: readonly { readonly state: string }[]
    readonly originEndpoints: readonly Readonly<Record<string, unknown>>[]
  }[]
  readonly nextToken?: string
}

describe('the status of a server', () => {
  let asker: Asker
  before(async () => {
    const range = { start: utcMs(NOW - 60_000), end: utcMs(NOW - 4000) }
    asker = await startAsker({ extent: async ({ id }) => (id === 'seen' ? range : undefined) })
    for (const id of ['a', 'b', 'c']) await asker.made('/channels', { id })
    for (const id of ['seen', 'unseen']) {
      await asker.made('/origin_endpoints', { id, channelId: 'b', hlsPackage: {} })
    }
    const spekeKeyProvider = { url: 'https://keys.example.com/', resourceId: 'a', roleArn: ROLE, systemIds: [AES_128] }
    const hlsPackage = { encryption: { encryptionMethod: 'AES_128', spekeKeyProvider } }
    await asker.made('/origin_endpoints', { id: 'with-keys', channelId: 'c', hlsPackage })
  })
  after(() => asker.control.close())

  const statusOf = async (query = '') => {
    const { status, json } = await asker.ask('GET', `${PATH}${query}`)
    assert.equal(status, 200)
    return json as Status
  }

  it('is that of the process that answers, and of every channel with its inputs and live edges', async () => {
    const { date, process, counts, harvestJobsOfLastDay, channels, nextToken } = await statusOf()
    assert.equal(date, new Date(NOW).toISOString())
    assert.deepEqual(process, {
      version: '0.0.0',
      startedAt: '2026-01-01T00:00:00.000Z',
      uptimeSeconds: 60,
      roles: ['control'],
      listeners: [{ name: 'control', address: '127.0.0.1:8080', tls: false }],
      unready: [],
      certificates: [],
    })
    assert.deepEqual([counts['channels'], counts['harvestJobsInProgress']], [3, 0])
    assert.deepEqual(
      channels.map(({ id, inputs }) => [id, ...inputs.map(({ state }) => state)]),
      ['a', 'b', 'c'].map((id) => [id, 'NOTHING_YET', 'NOTHING_YET']),
    )
    assert.deepEqual(channels[1]?.originEndpoints, [
      { id: 'seen', isEncrypted: false, liveEdge: new Date(NOW - 4000).toISOString(), liveEdgeAgeSeconds: 4 },
      { id: 'unseen', isEncrypted: false },
    ])
    assert.deepEqual(channels[2]?.originEndpoints, [{ id: 'with-keys', isEncrypted: true, contentKeys: 2 }])
    assert.deepEqual(harvestJobsOfLastDay, { IN_PROGRESS: 0, SUCCEEDED: 0, FAILED: 0 })
    assert.equal(nextToken, undefined)
  })

  it('has channels in pages, at most a hundred in each', async () => {
    const first = await statusOf('?maxResults=2')
    const second = await statusOf(`?maxResults=2&nextToken=${first.nextToken}`)
    assert.deepEqual(
      [first, second].map(({ channels }) => channels.map(({ id }) => id)),
      [['a', 'b'], ['c']],
    )
    await asker.refused('GET', `${PATH}?maxResults=101`, {}, 'maxResults')
  })
})

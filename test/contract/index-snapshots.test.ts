import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Asker, startAsker } from './rules-asker.ts'

const SNAPSHOTS = '/windrow/v1/index_snapshots'
const ID = '0d9bd8e5-1111-4222-8333-444455556666'

describe('snapshots of the index', () => {
  let asker: Asker
  let isBusy = false
  const there = new Set<string>()
  before(async () => {
    asker = await startAsker({
      indexSnapshots: {
        async create() {
          if (isBusy) return 'too many'
          there.add(ID)
          return { id: ID, size: 8 }
        },
        remove: async (id) => there.delete(id),
      },
    })
  })
  after(() => asker.control.close())

  it('are made and deleted', async () => {
    assert.deepEqual(await asker.made(SNAPSHOTS, {}), { id: ID, size: 8 })
    assert.equal((await asker.ask('DELETE', `${SNAPSHOTS}/${ID}`)).status, 200)
    const again = await asker.ask('DELETE', `${SNAPSHOTS}/${ID}`)
    assert.deepEqual([again.status, again.errorType], [404, 'NotFoundException'])
  })

  it('are not made in any number at once', async () => {
    isBusy = true
    const { status, errorType } = await asker.ask('POST', SNAPSHOTS)
    assert.deepEqual([status, errorType], [429, 'TooManyRequestsException'])
  })

  it('are not made of an index in PostgreSQL', async () => {
    const node = await startAsker()
    await node.refused('POST', SNAPSHOTS, {}, /^index: it is in PostgreSQL/)
    assert.equal((await node.ask('DELETE', `${SNAPSHOTS}/${ID}`)).status, 404)
    await node.control.close()
  })
})

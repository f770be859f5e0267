import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiError } from './api-error.ts'
import { conditionOf } from './entity-tags.ts'
import { changeOptimistically, removeOptimistically } from './optimistic-change.ts'

const missing = () => new ApiError('NotFoundException', 'gone')

describe('a change of a resource', () => {
  it('starts from what the other one wrote', async () => {
    let stored = { revision: 1, words: 'a' }
    let intrusions = 3
    const result = await changeOptimistically({
      read: async () => stored,
      change: (current) => ({ ...current, words: `${current.words} mine` }),
      write: async (next) => {
        if (intrusions-- > 0) stored = { revision: stored.revision + 1, words: `${stored.words} theirs` }
        if (next.revision !== stored.revision + 1) return 'conflict'
        stored = next
        return 'updated'
      },
      missing,
    })
    assert.deepEqual(result, { revision: 5, words: 'a theirs theirs theirs mine' })
    assert.equal(stored, result)
  })

  it('is not made once somebody else has changed what it was to begin with', async () => {
    let stored = { revision: 1, words: 'a' }
    const steps = {
      read: async () => stored,
      tagOf: ({ revision }: { revision: number }) => `"${revision}"`,
      condition: conditionOf('"1"'),
      missing,
    }
    const change = changeOptimistically({
      ...steps,
      change: (current) => ({ ...current, words: `${current.words} mine` }),
      write: async () => {
        // Between the check and the write.
        stored = { revision: 2, words: 'theirs' }
        return 'conflict'
      },
    })
    await assert.rejects(change, { code: 'PreconditionFailedException' })
    assert.deepEqual(stored, { revision: 2, words: 'theirs' })
  })

  it('gives up when others are quicker for ever', async () => {
    let attempts = 0
    const steps = {
      read: async () => ({ revision: 1 }),
      change: (current: { revision: number }) => current,
      write: async () => {
        attempts++
        return 'conflict' as const
      },
      missing,
    }
    await assert.rejects(changeOptimistically(steps), { code: 'ServiceUnavailableException' })
    assert.equal(attempts, 50)
  })

  it('is not found when the resource goes away in between', async () => {
    const steps = {
      read: async () => ({ revision: 1 }),
      change: (current: { revision: number }) => current,
      write: async () => 'missing' as const,
      missing,
    }
    await assert.rejects(changeOptimistically(steps), { code: 'NotFoundException' })
  })
})

describe('a deletion', () => {
  let stored: { revision: number } | undefined
  const steps = {
    read: async () => stored,
    tagOf: ({ revision }: { revision: number }) => `"${revision}"`,
    missing,
  }

  it('without a condition takes whatever is there', async () => {
    const asked: (number | undefined)[] = []
    const remove = async (revision?: number) => {
      asked.push(revision)
      return 'deleted' as const
    }
    assert.equal(await removeOptimistically({ ...steps, remove }), 'deleted')
    assert.deepEqual(asked, [undefined])
  })

  it('with a condition takes only what fulfils it', async () => {
    stored = { revision: 3 }
    const asked: (number | undefined)[] = []
    const remove = async (revision?: number) => {
      asked.push(revision)
      if (asked.length === 1) return 'conflict' as const
      return 'deleted' as const
    }
    assert.equal(await removeOptimistically({ ...steps, remove, condition: conditionOf('"3"') }), 'deleted')
    assert.deepEqual(asked, [3, 3], 'a conflict that changed nothing of it')
    const gone = async () => {
      stored = { revision: 4 }
      return 'conflict' as const
    }
    const late = removeOptimistically({ ...steps, remove: gone, condition: conditionOf('"3"') })
    await assert.rejects(late, { code: 'PreconditionFailedException' })
  })

  it('says what else stands in its way', async () => {
    const remove = async () => 'has-endpoints' as const
    assert.equal(await removeOptimistically({ ...steps, remove }), 'has-endpoints')
    await assert.rejects(removeOptimistically({ ...steps, remove: async () => 'missing' as const }), {
      code: 'NotFoundException',
    })
  })
})

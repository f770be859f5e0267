import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiError } from './api-error.ts'
import { changeOptimistically } from './optimistic-change.ts'

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

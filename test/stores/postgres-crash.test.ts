import assert from 'node:assert/strict'
import { needing } from '../programs.ts'
import { killDatabaseUnderLoad } from './postgres-crashes.ts'

const { describe, it } = needing('postgres')

const kills = Number(process.env['WINDROW_TEST_RUNS'] ?? 2)
const seed = Number(process.env['WINDROW_TEST_SEED'] ?? 20_260_101)

describe('a PostgreSQL that is killed under load', () => {
  it(`keeps every acknowledged write, and the store finds it again (${kills} kills, seed ${seed})`, async () => {
    const figures = await killDatabaseUnderLoad({ kills, seed })
    assert.ok(figures.acknowledged > 0)
    assert.ok(figures.unanswered > 0, 'no kill cut off a write')
  })
})

import assert from 'node:assert/strict'
import { keysByRole } from '../nodes/key-roles.ts'
import { type KeyFigures, KeyRun } from '../nodes/key-run.ts'
import {
  afterKills,
  awayFromTheStart,
  killing,
  MOMENTS,
  otherKeyEncryptionKey,
  rotating,
  slow,
  troubled,
} from '../nodes/key-scenes.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'content-keys'

/**
 * Two nodes with encrypted endpoints whose keys change every few seconds: one of them is killed around rotations, the
 * key server fails in every way, key-encryption keys are wrong, and roles are split.
 */
export async function run({ log }: SoakContext): Promise<KeyFigures> {
  const keys = await KeyRun.start()
  const scene = async (name: string, play: () => Promise<void>) => {
    const [faults, figures] = [keys.faults.length, Object.keys(keys.figures).length]
    log(`${new Date().toISOString()} ${name}`)
    await play()
    for (const [figure, value] of Object.entries(keys.figures).slice(figures)) log(`${figure}: ${value}`)
    for (const fault of keys.faults.slice(faults)) log(`FAULT ${fault}`)
  }
  try {
    keys.begin()
    await scene('rotation', () => rotating(keys, 40))
    for (const [n, moment] of [...MOMENTS, ...MOMENTS].entries()) {
      const killed = `kill ${n + 1}, ${moment}`
      await scene(killed, () => killing(keys, moment, killed))
    }
    await scene('after the kills', () => afterKills(keys))
    await scene('slow', () => slow(keys, 2000, 20))
    for (const trouble of ['refuse', 'away', 'wrong', 'hanging'] as const) {
      await scene(trouble, () => troubled(keys, trouble, 30))
    }
    await scene('away from the start', () => awayFromTheStart(keys, 45))
    await scene('key-encryption keys', () => otherKeyEncryptionKey(keys))
    await keys.end()
    await scene('decrypting', async () => {
      await keys.decryptHls()
      await keys.decryptCmaf()
      keys.judge('in the end')
    })
  } finally {
    await keys.stop()
  }
  const roles = await keysByRole()
  const figures = { ...keys.figures, ...roles.figures }
  for (const line of Object.entries(roles.figures)) log(line.join(': '))
  assert.deepEqual([...keys.faults, ...roles.faults], [])
  return figures
}

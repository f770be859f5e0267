import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Config } from './config/config.ts'
import { configuredHealth } from './configured-health.ts'
import { ClientNetworks } from './http/client-networks.ts'
import { ConnectionAdmission, DEFAULT_CONNECTION_LIMITS } from './http/connection-admission.ts'
import { Listeners } from './http/listeners.ts'
import { utcMs } from './media/time.ts'

const log = { info() {}, warn() {}, error() {} }

it('a process is not ready while the disk of its data folder does not answer', async () => {
  const admission = new ConnectionAdmission(DEFAULT_CONNECTION_LIMITS, new ClientNetworks(), log)
  const unready = async (dataFolder: string) => {
    const { status } = configuredHealth({ dataFolder, roles: new Set() } as unknown as Config, {
      version: '1.2.3',
      machine: { wall: () => utcMs(0), monotonic: () => 0 },
      services: {},
      certificates: undefined,
      listeners: new Listeners({ log, admission }),
      hasBegunToStop: new AbortController().signal,
    })
    return (await status()).unready
  }
  assert.deepEqual(await unready('/nowhere'), ['the disk of the data folder does not answer'])
  assert.deepEqual(await unready('/proc'), [])
})

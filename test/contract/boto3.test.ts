import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { TIMEOUT_MS } from '../judges/timeout.ts'
import { needing, programPath } from '../programs.ts'
import { CREDENTIALS, REGION, startControl } from './control-under-test.ts'
import { troubled } from './troubled-resources.ts'

const { describe, it } = needing('boto3')

const SCRIPT = fileURLToPath(new URL('./boto3_client.py', import.meta.url))

describe('boto3', () => {
  it('finds every operation and every exception', async (t) => {
    const control = await startControl({ trouble: troubled, limits: { maxChannels: 3 } })
    t.after(() => control.close())
    const { accessKeyId, secretAccessKey } = CREDENTIALS
    const script = [SCRIPT, control.endpoint, REGION, accessKeyId, secretAccessKey]
    const { stdout } = await promisify(execFile)(programPath('boto3'), script, { timeout: TIMEOUT_MS })
    assert.equal(stdout, 'ok\n')
  })
})

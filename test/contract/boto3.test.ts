import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PATIENCE_MS } from '../judges/patience.ts'
import { CREDENTIALS, REGION, startControl } from './control-under-test.ts'
import { troubled } from './troubled-resources.ts'

const SCRIPT = fileURLToPath(new URL('./boto3_client.py', import.meta.url))

describe('boto3', () => {
  it('finds every operation and every exception', async (t) => {
    const control = await startControl({ trouble: troubled, limits: { maxChannels: 3 } })
    t.after(() => control.close())
    const { accessKeyId, secretAccessKey } = CREDENTIALS
    // Debian's own interpreter: the one that python3-boto3 belongs to.
    const script = [SCRIPT, control.endpoint, REGION, accessKeyId, secretAccessKey]
    const { stdout } = await promisify(execFile)('/usr/bin/python3', script, { timeout: PATIENCE_MS })
    assert.equal(stdout, 'ok\n')
  })
})

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually, start, temporaryFolder } from './judges/processes.ts'

const HOOK = fileURLToPath(new URL('judges/loaded-packages.ts', import.meta.url))
/** Packages for the log, and for the XML of manifests and key servers, with what these need. */
const LOADED = /^loads (pino|@pinojs|pino-|sonic-boom|thread-stream|quick-|safe-|atomic-|on-exit-|saxes|xmlchars)/

it('what the settings do not use is not loaded, nor what only metrics of the process need before it is ready', async () => {
  const data = temporaryFolder('start')
  const args = ['serve', '--data', data, '--listen', '127.0.0.1:0', '--metrics-listen', '127.0.0.1:0']
  const { child, said, ended } = start(process.execPath, ['--import', HOOK, 'bin/windrow', ...args])
  await eventually('packages of metrics', () => said().includes('loads prom-client') || undefined)
  const [before = '', after = ''] = said().split('Windrow is ready')
  const loaded = (text: string) => text.split('\n').filter((line) => line.startsWith('loads ') && !LOADED.test(line))
  assert.deepEqual(loaded(before), [])
  assert.ok(loaded(after).includes('loads prom-client'))
  child.kill('SIGTERM')
  assert.equal(await ended, 0)
  assert.doesNotMatch(said(), /loads (undici|nothing)/)
})

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { temporaryFolder } from '../test/judges/processes.ts'
import { readSettings } from './config/read-settings.ts'
import { openConsole } from './configured-console.ts'

async function open(flags: string, folder = temporaryFolder('console')) {
  const config = readSettings({ args: flags.split(' ').filter((flag) => flag !== ''), env: {}, readFile: () => '' })
  const warned: string[] = []
  const warn = ({ event }: { readonly event: string }) => void warned.push(event)
  const publicUrl = () => 'http://127.0.0.1:8080'
  const opened = await openConsole(config, { version: '1', log: { info() {}, warn, error() {} }, publicUrl, folder })
  return { opened, warned }
}

describe('the console of a process', () => {
  it('is there unless the settings have none', async () => {
    assert.ok((await open('')).opened?.site)
    assert.deepEqual(await open('--console false'), { opened: undefined, warned: [] })
  })

  it('is told of where its files are missing, and hinders nothing', async () => {
    const { opened, warned } = await open('', join(temporaryFolder('console'), 'not-built'))
    assert.deepEqual([opened?.site, warned], [undefined, ['console-not-served']])
  })

  it('reads its files once, when somebody asks for one', async () => {
    const folder = temporaryFolder('console')
    const { opened } = await open('', folder)
    writeFileSync(join(folder, 'index.html'), 'as built')
    const pages = async () => (await opened?.site?.())?.get('index.html')?.plain.toString()
    assert.equal(await pages(), 'as built')
    writeFileSync(join(folder, 'index.html'), 'of a later release')
    assert.equal(await pages(), 'as built')
  })

  it('may ask where players do, and the key server', async () => {
    const { opened } = await open('--key-server-url https://keys.example.com/a')
    assert.deepEqual(opened?.playback(), ['http://127.0.0.1:8080', 'https://keys.example.com/a'])
  })

  it('may be led to buckets, where these are not folders', async () => {
    const s3 = '--harvest-store s3'
    for (const [flags, sources] of [
      ['', []],
      ['--s3-endpoint https://s3.example.com', []],
      [`${s3} --s3-region eu-west-1`, ['https://s3.eu-west-1.amazonaws.com', 'https://*.s3.eu-west-1.amazonaws.com']],
      [
        `${s3} --region cn-north-1`,
        ['https://s3.cn-north-1.amazonaws.com.cn', 'https://*.s3.cn-north-1.amazonaws.com.cn'],
      ],
      [`${s3} --s3-endpoint http://127.0.0.1:9000 --s3-force-path-style true`, ['http://127.0.0.1:9000']],
    ] as const) {
      assert.deepEqual((await open(flags)).opened?.buckets, sources, flags)
    }
  })
})

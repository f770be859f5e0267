import assert from 'node:assert/strict'
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CreateOriginEndpointCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { eventually, temporaryFolder } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'

const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:'
const ROLE = 'arn:aws:iam::000000000000:role/cdn'
const CDN = 'X-MediaPackage-CDNIdentifier'
/** What an endpoint answers before its channel has content, and so whoever may read it. */
const LET_IN = 404

describe('a server with secrets', () => {
  const folder = temporaryFolder('secrets')
  const file = join(folder, 'secrets.yaml')
  let windrow: Windrow
  let client: MediaPackageClient

  /** As `kubectl apply` and the kubelet do it: a new folder, and the link to it exchanged. */
  const mount = (version: number, files: Readonly<Record<string, string>>) => {
    const data = join(folder, `..${version}`)
    mkdirSync(data)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(data, name), text)
    symlinkSync(`..${version}`, join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  }
  const write = (text: string) => {
    writeFileSync(`${file}.new`, text, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }

  before(async () => {
    write(`secrets: {'${ARN}file': {current: the-first-one-of-file}}`)
    mount(1, { mounted: '{"MediaPackageCDNIdentifier":"the-first-one-of-folder"}\n' })
    for (const name of ['mounted', 'mounted.previous']) symlinkSync(join('..data', name), join(folder, name))
    const environment = { WINDROW_SECRETS_FILE: file, WINDROW_SECRETS_FOLDER: folder }
    windrow = await Windrow.start({ environment })
    client = mediaPackage(windrow)
    await createChannel(client, 'news')
  })
  after(() => windrow.stop())

  async function endpointWith(name: string): Promise<(value?: string) => Promise<number>> {
    const Authorization = { CdnIdentifierSecret: `${ARN}${name}`, SecretsRoleArn: ROLE }
    const command = new CreateOriginEndpointCommand({ ChannelId: 'news', Id: name, HlsPackage: {}, Authorization })
    const { Url = '' } = await client.send(command)
    return async (value) => {
      const response = await fetch(Url, { headers: value === undefined ? {} : { [CDN]: value } })
      await response.arrayBuffer()
      return response.status
    }
  }

  it('lets in the CDN of an endpoint, and after two rotations not by its first identifier', async () => {
    const rotated = {
      file: [
        () => write(`secrets: {'${ARN}file': {current: the-second-one-of-file, previous: the-first-one-of-file}}`),
        () => write(`secrets: {'${ARN}file': {current: the-third-one-of-file, previous: the-second-one-of-file}}`),
      ],
      mounted: [
        () => mount(2, { mounted: 'the-second-one-of-folder', 'mounted.previous': 'the-first-one-of-folder' }),
        () => mount(3, { mounted: 'the-third-one-of-folder', 'mounted.previous': 'the-second-one-of-folder' }),
      ],
    }
    for (const [name, rotations] of Object.entries(rotated)) {
      const ask = await endpointWith(name)
      const values = ['first', 'second', 'third'].map(
        (each) => `the-${each}-one-of-${name === 'file' ? name : 'folder'}`,
      )
      const statuses = () => Promise.all(values.map(ask))
      assert.deepEqual(await statuses(), [LET_IN, 403, 403], name)
      assert.deepEqual(await Promise.all([ask(), ask(''), ask('x'.repeat(8192))]), [403, 403, 403])
      for (const [rotate, expected] of [
        [rotations[0]!, [LET_IN, LET_IN, 403]],
        [rotations[1]!, [403, LET_IN, LET_IN]],
      ] as const) {
        rotate()
        await eventually(`${name} rotated`, async () => String(await statuses()) === String(expected) || undefined)
      }
    }
  })

  it('does not start over a file that others can read, and goes on with one that breaks', async () => {
    const ask = await endpointWith('other')
    assert.equal(await ask('the-third-one-of-file'), 403)
    write(`secrets: {'${ARN}file': {current: the-third-one-of-file}, '${ARN}other': {current: the-other-one-of-file}}`)
    process.kill(windrow.pid, 'SIGHUP')
    await eventually('the new secret', async () => (await ask('the-other-one-of-file')) === LET_IN || undefined)
    write('secrets: {the-hidden-one-of-file')
    await eventually('the warning', async () => {
      assert.equal(await ask('the-other-one-of-file'), LET_IN)
      return /secrets-file-unreadable/.test(windrow.log) || undefined
    })
    await windrow.stop()
    writeFileSync(`${file}.new`, `secrets: {'${ARN}file': {current: the-hidden-one-of-file}}`, { mode: 0o644 })
    renameSync(`${file}.new`, file)
    await assert.rejects(windrow.start(), /secrets-file: .*can be read by others: run chmod 600/)
    assert.doesNotMatch(windrow.log, /one-of-f/)
    for (const event of ['secret-changed', 'secret-unavailable', 'cdn-identifier: wrong', 'cdn-identifier: missing']) {
      assert.ok(windrow.log.includes(event), event)
    }
  })
})

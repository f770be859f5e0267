import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { COMMON } from '../../src/model/drm-systems.ts'
import { apiOf, createChannel, harvested, mediaPackage } from '../judges/aws.ts'
import { encodeLoop } from '../judges/loop.ts'
import { fetchBytes, renditionsOf } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { Debugged } from './debugged.ts'
import { createProtectedEndpoints, KEY_SERVER, labKey, PROTECTED } from './protected-endpoints.ts'

const { after, before, describe, it } = needing('ffmpeg')

/** Of one second each. */
const SEGMENTS = 24

/** Every way in which a key may be written. */
function spellings(key: Buffer): readonly string[] {
  const hex = key.toString('hex')
  return [hex, hex.toUpperCase(), key.toString('base64').slice(0, 21), key.toString('base64url').slice(0, 21)]
}

/** The keys that are in these bytes, by their KIDs. */
function keysIn(bytes: Buffer, kids: readonly string[]): string[] {
  return kids.filter((kid) => {
    const key = labKey(kid)
    return bytes.includes(key) || spellings(key).some((spelling) => bytes.includes(spelling))
  })
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
}

describe('content keys of a server that has used them', () => {
  let keyServer: Windrow
  let windrow: Windrow
  let debugged: Debugged
  let kids: string[]
  let urls: Map<string, string>
  const answers: Buffer[] = []

  before(async () => {
    const [rendition] = await encodeLoop()
    keyServer = await Windrow.start({ environment: KEY_SERVER })
    const { accessKeyId, secretAccessKey } = keyServer
    windrow = await Windrow.start({
      environment: {
        NODE_OPTIONS: '--inspect=127.0.0.1:0',
        WINDROW_MAX_ORIGIN_ENDPOINTS: '20',
        WINDROW_SPEKE_ALLOW_HOSTS: '127.0.0.1',
        WINDROW_LOG_LEVEL: 'debug',
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      },
    })
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'leaks')
    urls = await createProtectedEndpoints(client, keyServer.url, 'leaks', { rotation: 10 })
    const firstDate = Math.floor(Date.now() / 1000 - SEGMENTS) * 1000
    const pusher = new Pusher(ingest, [rendition!], firstDate)
    await pusher.pushParent()
    while (pusher.published < SEGMENTS) await pusher.pushNext()
    await pusher.end()
    for (const { name } of PROTECTED) {
      await eventually(`a manifest of ${name}`, async () => (await fetch(urls.get(name)!)).ok || undefined)
      answers.push(await fetchBytes(urls.get(name)!))
    }
    // Segments, so that keys are used, and answers to what is not there.
    for (const name of ['aes-128', 'sample-aes', 'cbcs']) {
      const [first] = renditionsOf(String(await fetchBytes(urls.get(name)!)), urls.get(name)!)
      const playlist = String(await fetchBytes(first!.url))
      answers.push(Buffer.from(playlist))
      const uris = playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
      assert.ok(uris.length > 0)
      for (const uri of uris) await fetchBytes(`${new URL(uri, first!.url)}`)
      const missing = await fetch(new URL(uris[0]!.replace(/_\d+\./, '_99999.'), first!.url))
      assert.equal(missing.status, 404)
      answers.push(Buffer.from(await missing.arrayBuffer()))
    }
    const job = { id: 'job', originEndpointId: 'leaks-aes-128', start: firstDate, end: firstDate + 8000 }
    await harvested(windrow, { ...job, file: 'index.m3u8', deliverables: [{ kind: 'HLS' }], report: true })
    answers.push(Buffer.from(JSON.stringify(await apiOf(windrow).ask('GET', 'harvest_jobs/job'))))
    // Refused by the key server, and so told of in an event.
    const { Url: refused } = await unknownSystem()
    await fetch(refused!)
    await eventually('an event', async () => {
      const events = await apiOf(windrow).ask('GET', 'events')
      const text = JSON.stringify(events)
      if (!text.includes('KeyProviderError')) return undefined
      answers.push(Buffer.from(text))
      return true
    })
    kids = [...new Set([...windrow.log.matchAll(/"kids":\["([^\]]*)"\]/g)].flatMap(([, ids]) => ids!.split('","')))]
    debugged = await Debugged.attach(() => windrow.log)
  })
  after(async () => {
    debugged?.close()
    await windrow?.stop()
    await keyServer?.stop()
  })

  /** An endpoint whose DRM system the key server does not know. */
  async function unknownSystem() {
    const { CreateOriginEndpointCommand } = await import('@aws-sdk/client-mediapackage')
    return mediaPackage(windrow).send(
      new CreateOriginEndpointCommand({
        ChannelId: 'leaks',
        Id: 'refused',
        DashPackage: {
          Encryption: {
            SpekeKeyProvider: {
              ResourceId: 'refused',
              RoleArn: 'arn:aws:iam::000000000000:role/keys',
              SystemIds: ['00000000-0000-4000-8000-000000000000'],
              Url: `${keyServer.url}/windrow/v1/keys/speke`,
            },
          },
        },
      }),
    )
  }

  it('are many, and are found where they are', async () => {
    assert.ok(kids.length >= 10, `${kids.length} keys`)
    const [kid] = kids as [string]
    const given = await fetchBytes(`${keyServer.url}/windrow/v1/keys/${kid}`)
    assert.deepEqual(keysIn(given, kids), [kid])
    for (const spelling of spellings(given)) assert.deepEqual(keysIn(Buffer.from(`"${spelling}"`), kids), [kid])
  })

  it('are in no log, not even of the key server', () => {
    assert.deepEqual(keysIn(Buffer.from(windrow.log), kids), [])
    assert.deepEqual(keysIn(Buffer.from(keyServer.log), kids), [])
  })

  it('are in no file: neither database, nor objects, nor assets with their reports', () => {
    const files = [...filesBelow(windrow.dataFolder), ...filesBelow(keyServer.dataFolder)]
    assert.ok(files.some((file) => file.endsWith('windrow.db')))
    assert.ok(files.some((file) => file.endsWith('harvest.json')))
    for (const file of files) assert.deepEqual(keysIn(readFileSync(file), kids), [], file)
  })

  it('are in no manifest, report, event or refusal', () => {
    for (const answer of answers) assert.deepEqual(keysIn(answer, kids), [], String(answer).slice(0, 500))
  })

  it('are in no string and no buffer in memory, once they have been used', async () => {
    const heap = Buffer.from(await debugged.heap())
    // What is public of them is there, in both.
    assert.ok(kids.some((kid) => heap.includes(kid)))
    assert.notDeepEqual(await debugged.inBuffers([COMMON.replaceAll('-', '')]), [])
    assert.deepEqual(keysIn(heap, kids), [])
    const keys = kids.map((kid) => labKey(kid))
    const texts = keys.flatMap((key) => spellings(key).map((spelling) => Buffer.from(spelling).toString('hex')))
    assert.deepEqual(await debugged.inBuffers([...keys.map((key) => key.toString('hex')), ...texts]), [])
  })
})

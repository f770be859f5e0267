/** Encrypted endpoints at two nodes, whose key server counts. `npm run soak -- --only content-keys` does much more. */
import assert from 'node:assert/strict'
import { encodeLoop, TINY } from '../judges/loop.ts'
import { sha256 } from '../judges/playlists.ts'
import { eventually, run } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import type { Windrow } from '../judges/windrow.ts'
import { KeyServer, servedKey } from '../keys/key-server.ts'
import { EncryptedNodes } from '../nodes/encrypted-nodes.ts'
import { KeyAudit } from '../nodes/key-audit.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg', 'openssl', 'postgres', 'swift')

const PERIOD_SECONDS = 5
/** The programme begins with a key period, and is over before any that could be requested ahead. */
const BEGIN_MS = (Math.floor(Date.now() / 1000 / PERIOD_SECONDS) - 60) * PERIOD_SECONDS * 1000
const FIRST = BEGIN_MS / 1000 / PERIOD_SECONDS

describe('two nodes with an encrypted endpoint', () => {
  const keyServer = new KeyServer()
  let bench: EncryptedNodes
  let one: Windrow
  let two: Windrow
  let pusher: Pusher
  let path: string
  let audit: KeyAudit
  before(async () => {
    await keyServer.listen()
    bench = await EncryptedNodes.start(`http://127.0.0.1:${keyServer.port}/speke`, {})
    ;[one, two] = bench.nodes as [Windrow, Windrow]
    const ingest = await bench.channel('tv')
    path = await bench.hls({ id: 'hls', intervalSeconds: PERIOD_SECONDS })
    audit = new KeyAudit(bench.nodes, path, PERIOD_SECONDS * 1000)
    const [rendition] = await encodeLoop(TINY)
    pusher = new Pusher(ingest, [rendition!], BEGIN_MS)
    await pusher.pushParent()
  })
  after(async () => {
    pusher?.close()
    await bench?.stop()
    keyServer.close()
  })

  /** Pushes so many key periods, which both nodes list then, and are asked for all that they list. */
  async function pushPeriods(count: number): Promise<void> {
    const goal = pusher.published + count * PERIOD_SECONDS
    while (pusher.published < goal) await pusher.pushNext()
    await eventually('all segments at both nodes', async () => {
      const playlists = await Promise.all(bench.nodes.map((node) => audit.look(node)))
      return (audit.segments.size === goal && playlists[0] === playlists[1]) || undefined
    })
    assert.deepEqual([...audit.violations], [])
  }

  it('request the keys of each period once, and give the same bytes, which openssl decrypts', async () => {
    await pushPeriods(4)
    const asked = bench.keyServer.counted('hls')
    for (let n = 0; n < 4; n++) assert.equal(asked.get(FIRST + n), 1)
    assert.equal(new Set(audit.kids.values()).size, 4)
    const pushed = new Set(Array.from({ length: pusher.published }, (_, n) => sha256(pusher.renditions[0]!.segment(n))))
    for (const [number, { kid, bytes }] of audit.segments) {
      if (number % PERIOD_SECONDS !== 1) continue
      const [key, iv] = [servedKey(kid).toString('hex'), number.toString(16).padStart(32, '0')]
      const clear = await run('openssl', ['enc', '-d', '-aes-128-cbc', '-K', key, '-iv', iv], [bytes])
      assert.ok(pushed.has(sha256(clear)), `segment ${number}`)
    }
  })

  it('have the last key while the key server refuses, for good, and new ones afterwards', async () => {
    bench.keyServer.behave = async () => 'refuse'
    await pushPeriods(2)
    bench.keyServer.behave = async () => 'pass'
    const last = audit.kids.get(FIRST + 3)
    assert.deepEqual([audit.kids.get(FIRST + 4), audit.kids.get(FIRST + 5)], [last, last])
    for (const node of bench.nodes) {
      await node.kill()
      await node.start()
    }
    audit.askAgain()
    await pushPeriods(1)
    assert.notEqual(audit.kids.get(FIRST + 6), last)
    assert.deepEqual(
      [...audit.refusals.keys()].filter((answer) => !/nothing to show yet/i.test(answer)),
      [],
    )
  })

  it('refuse manifests and segments of keys that they cannot read, and change none of them', async () => {
    const rows = await bench.rows()
    await two.stop()
    await two.start({ WINDROW_KEY_ENCRYPTION_KEY: 'c3'.repeat(32) })
    for (const asked of [path, [...audit.segments.values()].at(-1)!.path]) {
      const response = await fetch(`${two.url}${asked}`)
      assert.equal(response.status, 404, asked)
      assert.match(await response.text(), /sealed with another key-encryption-key/)
    }
    assert.match(two.log, /"event":"content-keys-unreadable"/)
    assert.ok((await fetch(`${one.url}${path}`)).ok)
    for (const [place, digest] of await bench.rows()) assert.equal(digest, rows.get(place) ?? digest)
  })
})

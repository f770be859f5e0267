/** Content keys of encrypted endpoints at two nodes, while an encoder goes on: everything that may befall them. */
import { posix } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { packetsOf } from '../judges/decrypted.ts'
import { encodeLoop, TINY } from '../judges/loop.ts'
import { fetchBytes, sha256 } from '../judges/playlists.ts'
import { eventually, run } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { EncryptedNodes } from './encrypted-nodes.ts'
import { KeyAudit } from './key-audit.ts'

export const HLS = { id: 'hls', intervalSeconds: 5 }
export const CMAF = { id: 'cmaf', intervalSeconds: 10 }

export type KeyFigures = Record<string, string | number>

/** Two nodes, an encoder in real time, and a key server in a process of its own. */
export class KeyRun {
  readonly bench: EncryptedNodes
  readonly pusher: Pusher
  readonly audits: ReadonlyMap<string, KeyAudit>
  readonly paths: ReadonlyMap<string, string>
  readonly figures: KeyFigures = {}
  readonly faults: string[] = []
  private readonly keyServer: Windrow
  private encoding: Promise<void> | undefined
  private over = false

  private constructor(keyServer: Windrow, bench: EncryptedNodes, pusher: Pusher, paths: ReadonlyMap<string, string>) {
    this.keyServer = keyServer
    this.bench = bench
    this.pusher = pusher
    this.paths = paths
    const intervals = { hls: HLS.intervalSeconds, cmaf: CMAF.intervalSeconds }
    this.audits = new Map(
      Object.entries(intervals).map(([id, seconds]) => [id, new KeyAudit(bench.nodes, paths.get(id)!, seconds * 1000)]),
    )
  }

  static async start(): Promise<KeyRun> {
    const keyServer = await startKeyServer()
    const bench = await EncryptedNodes.start(spekeUrl(keyServer), { environment: signingAs(keyServer) })
    const ingest = await bench.channel('tv')
    const paths = new Map([
      ['hls', await bench.hls(HLS)],
      ['cmaf', await bench.cmaf(CMAF)],
      ['clear', await bench.cmaf({ id: 'clear', intervalSeconds: 0 }, false)],
    ])
    const [rendition] = await encodeLoop(TINY)
    return new KeyRun(keyServer, bench, new Pusher(ingest, [rendition!], Date.now()), paths)
  }

  /** Begins to encode and to look. */
  begin(): void {
    this.encoding = this.encode()
    this.encoding.catch(() => {})
    for (const audit of this.audits.values()) audit.start()
  }

  private async encode(): Promise<void> {
    await this.pusher.pushParent()
    while (!this.over) {
      await sleep(Math.max(0, this.pusher.dateOf(this.pusher.published + 1) - Date.now()))
      await this.pusher.pushNext()
    }
  }

  /** Ends encoding and looking; both nodes have the same then. */
  async end(): Promise<void> {
    this.over = true
    await this.encoding
    for (const audit of this.audits.values()) await audit.stop()
  }

  async stop(): Promise<void> {
    this.over = true
    for (const audit of this.audits.values()) await audit.stop()
    this.pusher.close()
    await this.bench.stop()
    await this.keyServer.stop()
  }

  expect(holds: boolean, what: string): void {
    if (!holds) this.faults.push(what)
  }

  /** What audits have found since they were asked last: contradictions and refusals are faults. */
  judge(scene: string, mayRefuse: RegExp = /(?!)/): void {
    for (const [id, audit] of this.audits) {
      for (const violation of audit.violations) this.faults.push(`${scene}, ${id}: ${violation}`)
      for (const [answer, count] of audit.refusals) {
        if (!mayRefuse.test(answer)) this.faults.push(`${scene}, ${id}: ${count} × ${answer}`)
      }
      this.figures[`${scene}, ${id}`] =
        `${audit.segments.size} segments in ${audit.kids.size} periods so far, ${new Set(audit.kids.values()).size} keys, ` +
        `slowest answer ${Math.round(audit.slowest)} ms`
      audit.violations.clear()
      audit.refusals.clear()
      audit.slowest = 0
    }
  }

  /** The key that the key server gives to players. */
  keyOf(kid: string): Promise<Buffer> {
    return fetchBytes(`${this.keyServer.url}/windrow/v1/keys/${kid}`)
  }

  /** Every segment, decrypted by openssl with the key that is listed for it, is one that was pushed. */
  async decryptHls(): Promise<void> {
    const pushed = new Set<string>()
    for (let n = 0; n < this.pusher.published; n++) pushed.add(sha256(this.pusher.renditions[0]!.segment(n)))
    const { segments } = this.audits.get('hls')!
    for (const [number, { kid, bytes, path }] of segments) {
      const key = (await this.keyOf(kid)).toString('hex')
      const iv = number.toString(16).padStart(32, '0')
      const clear = await run('openssl', ['enc', '-d', '-aes-128-cbc', '-K', key, '-iv', iv], [bytes])
      this.expect(pushed.has(sha256(clear)), `${path} is not what was pushed when it is decrypted with ${kid}`)
    }
    this.figures['segments decrypted by openssl'] = segments.size
  }

  /** Segments of each key period, decrypted by ffmpeg, have the packets of the endpoint in the clear. */
  async decryptCmaf(): Promise<void> {
    const { segments, headers } = this.audits.get('cmaf')!
    const { url } = this.bench.nodes[0]!
    const folder = `${url}${posix.dirname(posix.dirname(this.paths.get('clear')!))}`
    const periods = new Set<number>()
    for (const [number, { kid, bytes, path, period, map }] of segments) {
      if (periods.has(period)) continue
      periods.add(period)
      const twin = await fetchBytes(`${folder}/${posix.basename(path)}`)
      const header = await fetchBytes(`${folder}/${posix.basename(map!).replace(/_\d+_init/, '_init')}`)
      const key = { id: Buffer.from(kid.replaceAll('-', ''), 'hex'), key: await this.keyOf(kid) }
      const [decrypted, expected] = await Promise.all([
        packetsOf(Buffer.concat([headers.get(map!)!, bytes]), key),
        packetsOf(Buffer.concat([header, twin])),
      ])
      this.expect(String(decrypted) === String(expected), `${path} (${number}) is not decrypted by ${kid}`)
    }
    this.figures['CMAF segments decrypted by ffmpeg, one of each period'] = periods.size
  }

  /** Kills a node now, and has it back after so long. */
  async killed(node: Windrow, awayMs: number): Promise<void> {
    await node.kill()
    await sleep(awayMs)
    await node.start()
    await eventually('an answer', async () => (await fetch(`${node.url}${this.paths.get('hls')}`)).ok || undefined)
  }
}

/** A process alone with the built-in key server. */
export function startKeyServer(): Promise<Windrow> {
  return Windrow.start({ environment: { WINDROW_KEY_SERVER: 'true', WINDROW_ROLES: 'control' } })
}

export const spekeUrl = ({ url }: Windrow) => `${url}/windrow/v1/keys/speke`

/** What has nodes sign requests with the key pair of a key server. */
export function signingAs({ accessKeyId, secretAccessKey }: Windrow): Readonly<Record<string, string>> {
  return { WINDROW_SPEKE_AUTH: 'sigv4', AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
}

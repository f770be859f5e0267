/** Nodes on one PostgreSQL and one S3 server, behind a proxy that spreads requests; and what may befall them. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { openS3, type S3 } from '../judges/s3.ts'
import { Windrow } from '../judges/windrow.ts'
import { type Fault, type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'
import { harvestsTo, type S3Server } from '../servers/s3-server.ts'
import { startSwift } from '../servers/swift.ts'
import { type Exchange, type SpreadingProxy, startSpreadingProxy } from './spreading-proxy.ts'

const THREE = [{}, {}, {}]
export const ARCHIVE_BUCKET = 'archive'
export const CLIPS_BUCKET = 'clips'
/** In the bucket of the archive. */
const PREFIX = 'live'

export type ClusterOptions = {
  /** Told of every request that went through the proxy. */
  readonly observe?: (exchange: Exchange) => void
  readonly startS3?: () => Promise<S3Server>
  readonly environment?: Readonly<Record<string, string>>
  /** What each has besides; three nodes, with nothing else, when absent. */
  readonly nodes?: readonly Readonly<Record<string, string>>[]
}

export class Cluster {
  readonly nodes: readonly Windrow[]
  readonly database: PostgresServer
  readonly s3: S3
  /** That of the proxy. */
  readonly url: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  private readonly s3Server: S3Server
  private readonly s3Proxy: FaultProxy
  private readonly proxy: SpreadingProxy
  readonly databaseUrl: string
  private readonly s3Fault: { choose: () => Promise<Fault | undefined> }

  private constructor(parts: {
    nodes: readonly Windrow[]
    database: PostgresServer
    databaseUrl: string
    s3Server: S3Server
    s3Proxy: FaultProxy
    s3Fault: Cluster['s3Fault']
    proxy: SpreadingProxy
  }) {
    this.nodes = parts.nodes
    this.database = parts.database
    this.databaseUrl = parts.databaseUrl
    this.s3Server = parts.s3Server
    this.s3Proxy = parts.s3Proxy
    this.s3Fault = parts.s3Fault
    this.proxy = parts.proxy
    this.s3 = openS3(parts.s3Server)
    this.url = parts.proxy.url
    this.accessKeyId = parts.nodes[0]!.accessKeyId
    this.secretAccessKey = parts.nodes[0]!.secretAccessKey
  }

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const { observe = () => {}, startS3 = startSwift, environment, nodes: each = THREE } = options
    const [database, s3Server] = await Promise.all([startPostgres(), startS3()])
    const s3 = openS3(s3Server)
    for (const bucket of [ARCHIVE_BUCKET, CLIPS_BUCKET]) await s3.makeBucket(bucket)
    const s3Fault: Cluster['s3Fault'] = { choose: async () => undefined }
    const s3Proxy = await startFaultProxy(s3Server.endpoint, () => s3Fault.choose())
    const nodes: Windrow[] = []
    const proxy = await startSpreadingProxy(() => nodes.map(({ url }) => url), observe)
    const databaseUrl = await database.createDatabase()
    const settings = {
      ...harvestsTo(s3Server, s3Proxy.url),
      WINDROW_DATABASE_URL: databaseUrl,
      WINDROW_ARCHIVE_BUCKET: `${ARCHIVE_BUCKET}/${PREFIX}`,
      WINDROW_PUBLIC_URL: proxy.url,
      ...environment,
    }
    for (const node of await Promise.all(
      each.map((more) => Windrow.start({ environment: { ...settings, ...more } })),
    )) {
      nodes.push(node)
    }
    return new Cluster({ nodes, database, databaseUrl, s3Server, s3Proxy, s3Fault, proxy })
  }

  async stop(): Promise<void> {
    this.proxy.stop()
    await Promise.all(
      this.nodes.map(async (node) => {
        if (node.alive) process.kill(node.pid, 'SIGCONT')
        await node.stop()
      }),
    )
    this.s3Proxy.stop()
    await Promise.all([this.database.stop(), this.s3Server.stop()])
  }

  /** kill -9 of a node, which is started again after so long. */
  async killNode(n: number, awayMs: number): Promise<void> {
    const node = this.nodes[n]!
    await node.kill()
    await sleep(awayMs)
    await node.start()
  }

  /** Nothing of a node runs for so long; the kernel goes on to accept its connections. */
  async freezeNode(n: number, ms: number): Promise<void> {
    const { pid } = this.nodes[n]!
    process.kill(pid, 'SIGSTOP')
    await sleep(ms)
    process.kill(pid, 'SIGCONT')
  }

  /** PostgreSQL ends as an administrator ends it, and is started again. */
  async restartDatabase(awayMs: number): Promise<void> {
    await this.database.shutDown()
    await sleep(awayMs)
    await this.database.start()
  }

  async killDatabase(awayMs: number): Promise<void> {
    await this.database.kill()
    await sleep(awayMs)
    await this.database.start()
  }

  async freezeDatabase(ms: number): Promise<void> {
    const thaw = await this.database.freeze()
    await sleep(ms)
    thaw()
  }

  /** S3 refuses every connection for so long. */
  async stopS3(ms: number): Promise<void> {
    this.s3Proxy.pause()
    await sleep(ms)
    await this.s3Proxy.resume()
  }

  /** For so long, `choose` says what befalls each request to S3. */
  async troubleS3(ms: number, choose: () => Promise<Fault | undefined>): Promise<void> {
    this.s3Fault.choose = choose
    await sleep(ms)
    this.s3Fault.choose = async () => undefined
  }

  /** Throws when a node has ended by itself. */
  expectAlive(): void {
    for (const [n, node] of this.nodes.entries()) if (!node.alive) throw new Error(`node ${n} has ended:\n${node.log}`)
  }

  /** What the bucket holds of the archive beside what the database knows of it. */
  async accounts(): Promise<Accounts> {
    const client = new pg.Client({ connectionString: this.databaseUrl })
    await client.connect()
    try {
      const keysOf = async (table: string) => {
        const { rows } = await client.query<{ key: string }>(`SELECT key FROM windrow.${table}`)
        return new Set(rows.map(({ key }) => key))
      }
      const [recorded, staged, pending] = [
        await keysOf('source_object'),
        await keysOf('staged_object'),
        await keysOf('pending_deletion'),
      ]
      const prefix = `${PREFIX}/`
      const keys = (await this.s3.keys(ARCHIVE_BUCKET, prefix)).map((key) => key.slice(prefix.length))
      const stored = new Set(keys)
      const known = (key: string) => recorded.has(key) || staged.has(key) || pending.has(key)
      return {
        stored: stored.size,
        recorded: recorded.size,
        staged: staged.size,
        pending: pending.size,
        unknown: keys.filter((key) => !known(key)),
        missing: [...recorded].filter((key) => !stored.has(key)),
        uploads: (await this.s3.uploads(ARCHIVE_BUCKET)).map((key) => key.slice(prefix.length)),
      }
    } finally {
      await client.end()
    }
  }

  /** Makes what is staged older than an hour: whoever writes it counts as gone. */
  async ageStaged(): Promise<void> {
    const client = new pg.Client({ connectionString: this.databaseUrl })
    await client.connect()
    await client.query('UPDATE windrow.staged_object SET staged_at = staged_at - 3660000')
    await client.end()
  }
}

export type Accounts = {
  readonly stored: number
  readonly recorded: number
  readonly staged: number
  /** Objects that are to be deleted. */
  readonly pending: number
  /** Objects in the bucket that no row knows. */
  readonly unknown: readonly string[]
  /** Rows whose object is not in the bucket. */
  readonly missing: readonly string[]
  /** Keys of multipart uploads in progress. */
  readonly uploads: readonly string[]
}

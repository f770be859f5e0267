/** Nodes with encrypted endpoints, an encoder, and a key server behind a proxy. */
import { createHash } from 'node:crypto'
import { CreateOriginEndpointCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import pg from 'pg'
import { AES_128, FAIRPLAY } from '../../src/model/drm-systems.ts'
import { createChannel, createHlsEndpoint, type Ingest, mediaPackage } from '../judges/aws.ts'
import type { Windrow } from '../judges/windrow.ts'
import { KeyServerProxy } from '../keys/key-server-proxy.ts'
import { Cluster, type ClusterOptions } from './cluster.ts'

const ROLE = 'arn:aws:iam::000000000000:role/speke'

export const KEY_ENCRYPTION_KEY = '5a'.repeat(32)

export type EncryptedSettings = { readonly id: string; readonly intervalSeconds: number; readonly channelId?: string }

export class EncryptedNodes {
  readonly cluster: Cluster
  readonly keyServer: KeyServerProxy
  private readonly client: MediaPackageClient

  private constructor(cluster: Cluster, keyServer: KeyServerProxy, client: MediaPackageClient) {
    this.cluster = cluster
    this.keyServer = keyServer
    this.client = client
  }

  /** `upstream` is the URL of a key server; the API is asked of the last node. */
  static async start(upstream: string, options: ClusterOptions): Promise<EncryptedNodes> {
    const nodes: Windrow[] = []
    const pids = () => nodes.filter(({ alive }) => alive).map(({ pid }) => pid)
    const keyServer = await KeyServerProxy.start(upstream, pids)
    const environment = {
      WINDROW_KEY_ENCRYPTION_KEY: KEY_ENCRYPTION_KEY,
      WINDROW_SPEKE_ALLOW_HOSTS: '127.0.0.1',
      ...options.environment,
    }
    const cluster = await Cluster.start({ nodes: [{}, {}], ...options, environment })
    nodes.push(...cluster.nodes)
    return new EncryptedNodes(cluster, keyServer, mediaPackage(cluster.nodes.at(-1)!))
  }

  async stop(): Promise<void> {
    this.keyServer.stop()
    await this.cluster.stop()
  }

  get nodes(): readonly Windrow[] {
    return this.cluster.nodes
  }

  channel(id: string): Promise<Ingest> {
    return createChannel(this.client, id)
  }

  /** An endpoint with AES-128 whose segments are single source segments. Gives its path. */
  async hls({ id, intervalSeconds, channelId = 'tv' }: EncryptedSettings): Promise<string> {
    const Encryption = {
      EncryptionMethod: 'AES_128' as const,
      KeyRotationIntervalSeconds: intervalSeconds,
      SpekeKeyProvider: this.provider(id, AES_128),
    }
    return pathOf(await createHlsEndpoint(this.client, channelId, id, { SegmentDurationSeconds: 1, Encryption }))
  }

  /** An endpoint in CMAF with `cbcs`, or in the clear. Gives its path. */
  async cmaf(settings: EncryptedSettings, isEncrypted = true): Promise<string> {
    const { id, intervalSeconds, channelId = 'tv' } = settings
    const Encryption = {
      KeyRotationIntervalSeconds: intervalSeconds,
      SpekeKeyProvider: this.provider(id, FAIRPLAY),
    }
    const { CmafPackage } = await this.client.send(
      new CreateOriginEndpointCommand({
        ChannelId: channelId,
        Id: id,
        StartoverWindowSeconds: 86_400,
        CmafPackage: {
          SegmentDurationSeconds: 1,
          HlsManifests: [{ Id: 'viewer', ProgramDateTimeIntervalSeconds: 1 }],
          ...(isEncrypted && { Encryption }),
        },
      }),
    )
    return pathOf(CmafPackage!.HlsManifests![0]!.Url!)
  }

  private provider(ResourceId: string, systemId: string) {
    return { ResourceId, RoleArn: ROLE, SystemIds: [systemId], Url: this.keyServer.url }
  }

  /** A digest of each row of content keys, by source and key period. */
  async rows(): Promise<ReadonlyMap<string, string>> {
    type Row = { source: string; period: string; text: string }
    const sql = `SELECT source, period, content_key::text AS text FROM windrow.content_key`
    const rows = await this.query<Row>(sql)
    return new Map(
      rows.map(({ source, period, text }) => [`${source}/${period}`, createHash('md5').update(text).digest('hex')]),
    )
  }

  /** The period for which the keys of each were given, of one endpoint. */
  async givenFor(endpointGuid: string): Promise<ReadonlyMap<number, number>> {
    type Row = { period: string; given: string }
    const sql = `SELECT period, given_for AS given FROM windrow.content_key JOIN windrow.key_source ON id = source
      WHERE endpoint_guid = '${endpointGuid}'`
    const rows = await this.query<Row>(sql)
    return new Map(rows.map(({ period, given }) => [Number(period), Number(given)]))
  }

  private async query<Row extends pg.QueryResultRow>(sql: string): Promise<readonly Row[]> {
    const client = new pg.Client({ connectionString: this.cluster.databaseUrl })
    await client.connect()
    try {
      return (await client.query<Row>(sql)).rows
    } finally {
      await client.end()
    }
  }
}

const pathOf = (url: string) => new URL(url).pathname

/** The GUID of the endpoint whose path it is. */
export const guidOf = (path: string) => path.split('/')[3]!

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  DeleteOriginEndpointCommand,
  DescribeChannelCommand,
  type MediaPackageClient,
  type MediaPackageServiceException,
  UpdateChannelCommand,
} from '@aws-sdk/client-mediapackage'
import { createChannel, createHarvestJob, createHlsEndpoint, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { DigestClient } from '../judges/digest-client.ts'
import { encodeLoop } from '../judges/loop.ts'
import { fetchMediaPlaylist, renditionsOf } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'

const { after, before, describe, it } = needing('ffmpeg', 'postgres')

describe('two Windrows on one PostgreSQL: one writes the archive, one has the role control alone', () => {
  let database: PostgresServer
  let databaseUrl: string
  let writer: Windrow
  let office: Windrow
  let atOffice: MediaPackageClient
  let pusher: Pusher
  let playbackUrl: string

  before(async () => {
    database = await startPostgres()
    databaseUrl = await database.createDatabase()
    writer = await Windrow.start({ environment: { WINDROW_DATABASE_URL: databaseUrl } })
    office = await Windrow.start({
      environment: { WINDROW_DATABASE_URL: databaseUrl, WINDROW_ROLES: 'control', WINDROW_PUBLIC_URL: writer.url },
    })
    atOffice = mediaPackage(office)
    const ingest = await createChannel(atOffice, 'news')
    playbackUrl = await createHlsEndpoint(atOffice, 'news', 'hls')
    pusher = new Pusher(ingest, await encodeLoop(), Date.now() - 60_000)
  })
  after(async () => {
    await writer?.stop()
    await office?.stop()
    await database?.stop()
  })

  const dateOf = (segment: number) => new Date(pusher.dateOf(segment)).toISOString()

  const segmentsListed = async () => {
    const response = await fetch(playbackUrl)
    const parent = await response.text()
    assert.equal(response.status, 200, parent)
    return (await fetchMediaPlaylist(renditionsOf(parent, playbackUrl)[0]!.url)).segments.length
  }

  it('take in and play at the one what was made at the other', async () => {
    await pusher.pushParent()
    for (let i = 0; i < 6; i++) await pusher.pushNext()
    assert.ok((await segmentsListed()) >= 3)
    assert.match((await atOffice.send(new DescribeChannelCommand({ Id: 'news' }))).Arn ?? '', /:channels\//)
  })

  it('forget at the one what was deleted at the other', async () => {
    const url = await createHlsEndpoint(atOffice, 'news', 'short-lived')
    assert.equal((await fetch(url)).status, 200)
    await atOffice.send(new DeleteOriginEndpointCommand({ Id: 'short-lived' }))
    await eventually('a 404', async () => ((await fetch(url)).status === 404 ? true : undefined))
  })

  it('harvest at the one what the other was asked to', async () => {
    const window = { startTime: dateOf(1), endTime: dateOf(4) }
    await createHarvestJob(atOffice, 'clip', 'hls', window, 'clips', 'clip/index.m3u8')
    assert.equal(await harvestOutcome(atOffice, 'clip'), 'SUCCEEDED')
    assert.ok(existsSync(join(writer.bucketFolder('clips'), 'clip/index.m3u8')))
  })

  it('go on taking in and playing while the database is gone, answer 503 to the API, and recover', async () => {
    // It waits for what is yet to come.
    const window = { startTime: dateOf(1), endTime: dateOf(pusher.published + 2) }
    await createHarvestJob(atOffice, 'long', 'hls', window, 'clips', 'long/index.m3u8')
    await database.kill()
    const describe = new DescribeChannelCommand({ Id: 'news' })
    for (const client of [atOffice, mediaPackage(writer)]) {
      await assert.rejects(client.send(describe), (error: MediaPackageServiceException) => {
        assert.deepEqual([error.name, error.$metadata.httpStatusCode], ['ServiceUnavailableException', 503])
        return true
      })
    }
    const nobody = '0'.repeat(32)
    const stranger = new DigestClient('someone', 'secret')
    for (const { status } of [
      await fetch(`${writer.url}/out/v1/${nobody}/index.m3u8`),
      await stranger.send('PUT', `${writer.url}/in/v2/${nobody}/${nobody}/channel.m3u8`, {
        body: Buffer.from('#EXTM3U'),
      }),
    ]) {
      assert.equal(status, 503)
    }
    stranger.close()
    const listed = await segmentsListed()
    for (let i = 0; i < 3; i++) await pusher.pushNext()
    assert.ok((await segmentsListed()) > listed)
    await database.start()
    assert.equal((await atOffice.send(describe)).Id, 'news')
    assert.equal(await harvestOutcome(atOffice, 'long'), 'SUCCEEDED')
    const update = new UpdateChannelCommand({ Id: 'news', Description: 'after the crash' })
    assert.equal((await atOffice.send(update)).Description, 'after the crash')
  })

  it('refuse a third that would keep an archive of its own', async () => {
    await assert.rejects(
      Windrow.start({ environment: { WINDROW_DATABASE_URL: databaseUrl } }),
      /ended with 1 at start:\s+windrow: the content of this database's channels is in another data folder/,
    )
  })
})

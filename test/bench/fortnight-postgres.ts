import { statSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { utcMs } from '../../src/media/time.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { openS3 } from '../judges/s3.ts'
import { startPostgres } from '../servers/postgres.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { startSwift } from '../servers/swift.ts'
import { prepare } from './fortnight.ts'
import { DAY_MS, DAYS, writeDays } from './fortnight-past.ts'
import { writeFortnightInPostgres } from './fortnight-past-postgres.ts'
import { waited } from './manifest-rounds.ts'
import { type Measure, median } from './measure.ts'
import { timelineRounds } from './timelines.ts'

const ROUNDS = 3
/** Times a manifest is asked for again. */
const WARM = 3
const MEBIBYTE = 1024 * 1024
const DAY_SECONDS = 86_400

type Prepared = Awaited<ReturnType<typeof prepare>>
type Asked = { readonly name: string; readonly path: (prepared: Prepared) => string }
/** Of one figure, in PostgreSQL and in SQLite. */
type Figures = { readonly ours: number[]; readonly theirs: number[] }

/** The channel of the bench `fortnight` with its index in PostgreSQL, beside the same in SQLite. */
export async function benchFortnightInPostgres(): Promise<Measure[]> {
  const [database, swift] = await Promise.all([startPostgres({ isDurable: true }), startSwift()])
  await openS3(swift).makeBucket('archive')
  const url = await database.createDatabase()
  const still = { WINDROW_SCRUB_RATE: '0B' }
  const embedded = await prepare(still)
  const shared = await prepare({
    ...still,
    ...harvestsTo(swift),
    WINDROW_DATABASE_URL: url,
    WINDROW_ARCHIVE_BUCKET: 'archive',
  })
  try {
    for (const { windrow } of [embedded, shared]) await windrow.stop()
    const end = utcMs(Math.floor(Date.now() / 1000) * 1000)
    const { windrow, guids } = embedded
    await writeDays(DAYS, windrow.dataFolder, guids.hls, guids, end, [guids.dash])
    const walBefore = await walPosition(url)
    const writing = await waited(() =>
      writeFortnightInPostgres(url, shared.guids.hls, shared.guids, end, [shared.guids.dash]),
    )
    const wal = ((await walPosition(url)) - walBefore) / MEBIBYTE
    console.log(`  a fortnight was written in ${(writing / 1000).toFixed(0)} s, with ${wal.toFixed(0)} MiB of WAL`)
    const sizes = await tableSizes(url)
    console.log(`  ${sizes.map(({ name, bytes }) => `${name} ${(bytes / MEBIBYTE).toFixed(0)} MiB`).join(', ')}`)
    const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
    const peerBytes = statSync(join(windrow.dataFolder, 'windrow.db')).size
    const until = end / 1000
    const past = ({ hls, dash }: Prepared['guids'], isDash: boolean) =>
      `/out/v1/${isDash ? dash : hls}/start/${until - DAY_SECONDS}/end/${until}/${isDash ? 'index.mpd' : 'index_1.m3u8'}`
    return [
      line('database per channel-day', 'MiB', {
        ours: [total / DAYS / MEBIBYTE],
        theirs: [peerBytes / DAYS / MEBIBYTE],
      }),
      line('start to the first playlist', 'ms', await startUps(shared, embedded)),
      ...(await manifests(shared, embedded, [
        { name: 'media playlist of 24 h', path: ({ guids }) => past(guids, false) },
        { name: 'DASH manifest of 24 h', path: ({ guids }) => past(guids, true) },
      ])),
      ...(await timelineRounds(
        shared.windrow,
        { channelId: 'tv', live: shared.live, begins: end - DAYS * DAY_MS, ends: end },
        'fortnight in PostgreSQL',
      )),
    ]
  } catch (error) {
    console.log(embedded.windrow.log + shared.windrow.log)
    throw error
  } finally {
    for (const { windrow } of [embedded, shared]) await windrow.kill()
    await Promise.all([database.stop(), swift.stop()])
  }
}

function line(name: string, unit: string, { ours, theirs }: Figures): Measure {
  const [value, peerValue] = [median(ours), median(theirs)]
  return {
    name: `fortnight in PostgreSQL, ${name}`,
    value,
    unit,
    peer: 'SQLite',
    peerValue,
    ratio: peerValue / value,
  }
}

async function startUps(shared: Prepared, embedded: Prepared): Promise<Figures> {
  const figures: Figures = { ours: [], theirs: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { windrow, live } of [shared, embedded]) {
      const wait = await waited(async () => {
        await windrow.start()
        await fetchBytes(windrow.url + live)
      })
      figures[windrow === shared.windrow ? 'ours' : 'theirs'].push(wait)
      await windrow.stop()
    }
  }
  return figures
}

/** Asked for the first time after a start, when nothing of them is in the memory of the process, and again. */
async function manifests(shared: Prepared, embedded: Prepared, asked: readonly Asked[]): Promise<Measure[]> {
  const measures: Measure[] = []
  for (const { name, path } of asked) {
    const cold: Figures = { ours: [], theirs: [] }
    const warm: Figures = { ours: [], theirs: [] }
    for (let round = 0; round < ROUNDS; round++) {
      for (const prepared of [shared, embedded]) {
        const { windrow, live } = prepared
        const whose = prepared === shared ? 'ours' : 'theirs'
        await windrow.start()
        // Connections made, code of the live path compiled.
        for (let i = 0; i < 200; i++) await fetchBytes(windrow.url + live)
        const ask = () => waited(() => fetchBytes(windrow.url + path(prepared)))
        cold[whose].push(await ask())
        for (let i = 0; i < WARM; i++) warm[whose].push(await ask())
        await windrow.stop()
      }
    }
    measures.push(line(`${name}, cold`, 'ms', cold), line(`${name}, warm`, 'ms', warm))
  }
  return measures
}

async function tableSizes(url: string): Promise<readonly { name: string; bytes: number }[]> {
  const sql = `SELECT relname AS name, pg_total_relation_size(oid)::float8 AS bytes FROM pg_class
    WHERE relnamespace = 'windrow'::regnamespace AND relkind = 'r' AND pg_total_relation_size(oid) > 1048576
    ORDER BY bytes DESC`
  return asked(url, sql)
}

async function walPosition(url: string): Promise<number> {
  const sql = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS bytes"
  const [row] = await asked<{ bytes: number }>(url, sql)
  return row!.bytes
}

async function asked<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<Row>(sql)
  await client.end()
  return rows
}

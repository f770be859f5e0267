import { join } from 'node:path'
import { copyRecords, verifyRecords } from '../../src/archive-copy/records.ts'
import type { Log } from '../../src/log.ts'
import { utcMs } from '../../src/media/time.ts'
import { type ArchiveRecords, RECORD_TABLES } from '../../src/stores/archive-records.ts'
import { openPostgresRecords } from '../../src/stores/postgres/archive-records.ts'
import { openSqliteRecords } from '../../src/stores/sqlite/archive-records.ts'
import { FIVE_RENDITIONS, writePast } from '../bench/past.ts'
import { runMoves } from '../e2e/archive-moves.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { startPostgres } from '../servers/postgres.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'archive-copy'

/** Segments of two seconds in a day. */
const DAY_SEGMENTS = 43_200

const quiet: Log = { info() {}, warn() {}, error() {} }

/** A minute and a half of watching, across a move to PostgreSQL and S3 and the one back; and the rows of a day. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const { secondsAway, watched, segments } = await runMoves({ seconds: 30, log })
  const [there = 0, back = 0] = secondsAway
  const longest = Math.max(0, ...watched.stalls.map((stall) => stall.seconds))
  return {
    segments,
    'seconds without a server, to PostgreSQL and S3': Number(there.toFixed(1)),
    'seconds without a server, back': Number(back.toFixed(1)),
    'seconds watched': Math.round(watched.seconds),
    'longest stall, seconds': Number(longest.toFixed(1)),
    'errors that are not fatal': watched.errors.length,
    ...(await moveDay(log)),
  }
}

/** The rows of a day of a channel with five renditions, copied and compared: what a server stands still for. */
async function moveDay(log: (line: string) => void): Promise<Record<string, string | number>> {
  const database = await startPostgres()
  const folder = temporaryFolder('day')
  try {
    const ingest = { channelGuid: 'c'.repeat(32), ingestEndpointId: 'c'.repeat(32) }
    const began = utcMs(Date.now() - DAY_SEGMENTS * 2000)
    await writePast(folder, 'endpoint', ingest, began, DAY_SEGMENTS, { streams: FIVE_RENDITIONS, hasSources: true })
    log('a day of rows is written')
    const day = openSqliteRecords(join(folder, 'windrow.db'), { migrates: false })
    const shared = await openPostgresRecords({ url: await database.createDatabase(), migrates: true, log: quiet })
    const back = openSqliteRecords(join(folder, 'back.db'), { migrates: true })
    const figures = {
      'rows of a day': await countOf(day),
      'seconds to copy and compare them, to PostgreSQL': await move(day, shared),
      'seconds to copy and compare them, back': await move(shared, back),
    }
    await Promise.all([day, shared, back].map((records) => records.close()))
    return figures
  } finally {
    await database.stop()
  }
}

async function move(from: ArchiveRecords, to: ArchiveRecords): Promise<number> {
  const began = performance.now()
  const options = { bytes: 0, progress: () => {} }
  await to.beginCopy()
  await verifyRecords(to, await copyRecords(from, to, options), options)
  await to.finishCopy()
  return Number(((performance.now() - began) / 1000).toFixed(1))
}

async function countOf(records: ArchiveRecords): Promise<number> {
  let rows = 0
  for (const table of RECORD_TABLES) rows += await records.count(table)
  return rows
}

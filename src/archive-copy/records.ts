import { hash } from 'node:crypto'
import { type ArchiveRecord, type ArchiveRecords, RECORD_TABLES, type RecordTable } from '../stores/archive-records.ts'
import { CopyFailed } from './copy-failed.ts'
import type { CopyProgress } from './progress.ts'

/** Rows read and written at once: a megabyte or two of slots with five renditions. */
const PAGE = 500
const LANES = 8

type RecordOptions = {
  readonly progress: (progress: CopyProgress) => void
  /** Bytes of media that were copied before. */
  readonly bytes: number
}

/** The number of rows of a table, and a digest of them that does not depend on their order. */
export type TableDigest = { readonly rows: number; readonly digest: string }

/** The rows of a table, page by page; the next page is read while one is used. */
export async function* pagesOf(records: ArchiveRecords, table: RecordTable): AsyncGenerator<readonly ArchiveRecord[]> {
  let next = records.read(table, undefined, PAGE)
  for (;;) {
    const page = await next
    if (page.length === 0) return
    if (page.length < PAGE) return yield page
    next = records.read(table, page.at(-1), PAGE)
    // Where it fails, it is awaited, unless what is done with this page fails before.
    next.catch(() => {})
    yield page
  }
}

/** Copies all rows, in place of those that an earlier try has copied. */
export async function copyRecords(
  source: ArchiveRecords,
  destination: ArchiveRecords,
  options: RecordOptions,
): Promise<ReadonlyMap<RecordTable, TableDigest>> {
  await destination.clear()
  return digestsOf(source, 'rows', options, (table, page) => destination.write(table, page))
}

/** Reads all rows of a copy; throws CopyFailed where they are not as they were. */
export async function verifyRecords(
  copy: ArchiveRecords,
  expected: ReadonlyMap<RecordTable, TableDigest>,
  options: RecordOptions,
): Promise<void> {
  const found = await digestsOf(copy, 'verification', options)
  for (const [table, { rows, digest }] of expected) {
    const there = found.get(table)!
    if (there.rows !== rows || there.digest !== digest) {
      throw new CopyFailed(
        `of ${rows} rows of table ${table.name}, the copy has ${there.rows}, not all of them the same`,
      )
    }
  }
}

async function digestsOf(
  records: ArchiveRecords,
  phase: CopyProgress['phase'],
  { progress, bytes }: RecordOptions,
  use: (table: RecordTable, page: readonly ArchiveRecord[]) => Promise<void> = async () => {},
): Promise<ReadonlyMap<RecordTable, TableDigest>> {
  let total = 0
  for (const table of RECORD_TABLES) total += await records.count(table)
  const digests = new Map<RecordTable, TableDigest>()
  let done = 0
  progress({ phase, done, total, bytes })
  for (const table of RECORD_TABLES) {
    const sum = new DigestSum()
    for await (const page of pagesOf(records, table)) {
      await use(table, page)
      for (const record of page) sum.add(record)
      done += page.length
      progress({ phase, done, total, bytes })
    }
    digests.set(table, sum.total)
  }
  return digests
}

/** The sum of the SHA-256 digests of rows, in eight numbers of 32 bits. */
class DigestSum {
  private readonly sum = new Uint32Array(LANES)
  private rows = 0

  add(record: ArchiveRecord): void {
    const digest = hash('sha256', JSON.stringify(record), 'buffer')
    for (let lane = 0; lane < LANES; lane++) this.sum[lane]! += digest.readUInt32BE(4 * lane)
    this.rows++
  }

  get total(): TableDigest {
    return { rows: this.rows, digest: Buffer.from(this.sum.buffer).toString('hex') }
  }
}

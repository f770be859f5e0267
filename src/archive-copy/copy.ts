import type { ArchiveRecords } from '../stores/archive-records.ts'
import type { Objects } from '../stores/objects.ts'
import { CopyFailed } from './copy-failed.ts'
import { copyMedia, type MediaOutcome } from './media.ts'
import { mediaOfRecords } from './media-of-records.ts'
import type { CopyProgress } from './progress.ts'
import { copyRecords, verifyRecords } from './records.ts'

/** An archive: where it is, in words, its rows and its media. */
export type ArchiveStores = {
  readonly place: string
  readonly records: ArchiveRecords
  readonly objects: Objects
}

export type CopyReport = MediaOutcome & {
  /** Rows of all tables; 0 where media alone were copied. */
  readonly rows: number
}

type CopyOptions = { readonly progress: (progress: CopyProgress) => void }

/**
 * Copies an archive that nobody writes into an empty one, or goes on with a copy that has begun: its media, except what
 * has been copied before, then all rows, which are read again and compared. Only when all is there can a server be
 * started on the copy. Throws CopyFailed.
 */
export async function copyArchive(
  source: ArchiveStores,
  destination: ArchiveStores,
  options: CopyOptions,
): Promise<CopyReport> {
  const { records } = source
  await refuseUnfinished(source)
  await refuseWriters(source)
  await begin(destination)
  const { objects: total } = await records.usage()
  const media = await copyMedia(mediaOfRecords(records), { source, destination, ...options, total, isStill: true })
  const { lost, bytes } = media
  const digests = await copyRecords(records, destination.records, { ...options, bytes })
  await verifyRecords(destination.records, digests, { ...options, bytes })
  const uncopied = await destination.records.uncopied()
  if (uncopied > lost) {
    throw new CopyFailed(`${uncopied} objects of ${destination.place} lack their media, of which ${lost} are lost`)
  }
  await refuseWriters(source)
  await refuseWriters(destination)
  await destination.records.finishCopy()
  return { ...media, rows: [...digests.values()].reduce((sum, digest) => sum + digest.rows, 0) }
}

/**
 * Copies media alone, of an archive that may be in use meanwhile, so that little of it is left to be copied later.
 * Without rows of the source, it is what its store lists.
 */
export async function copyMediaAhead(
  source: Omit<ArchiveStores, 'records'> & { readonly records?: ArchiveRecords },
  destination: ArchiveStores,
  options: CopyOptions,
): Promise<CopyReport> {
  const { place, records, objects } = source
  if (records) await refuseUnfinished({ place, records })
  await begin(destination)
  const listed = async function* () {
    for await (const key of objects.list('')) yield { key }
  }
  const total = records ? (await records.usage()).objects : await countOf(listed())
  const found = records ? mediaOfRecords(records) : listed()
  return { ...(await copyMedia(found, { source, destination, ...options, total, isStill: false })), rows: 0 }
}

/** Begins a copy where there is nothing yet. */
async function begin({ place, records, objects }: ArchiveStores): Promise<void> {
  const contents = await records.contents()
  if (contents === 'an archive') {
    throw new CopyFailed(`${place} has an archive already; an archive is copied into an empty database and bucket only`)
  }
  await refuseWriters({ place, records })
  if (contents === 'nothing') {
    for await (const key of objects.list('')) {
      throw new CopyFailed(`${place} has no archive, but objects such as ${key}, which the copy would mix with its own`)
    }
    await records.beginCopy()
  }
}

async function refuseUnfinished({ place, records }: Pick<ArchiveStores, 'place' | 'records'>): Promise<void> {
  if ((await records.contents()) === 'a copy') throw new CopyFailed(`${place} is itself a copy that is not finished`)
}

async function refuseWriters({ place, records }: Pick<ArchiveStores, 'place' | 'records'>): Promise<void> {
  const others = await records.otherProcesses()
  if (others.length === 0) return
  throw new CopyFailed(`${place} is in use by ${others.join(', ')}; stop them first`)
}

async function countOf(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of items) count++
  return count
}

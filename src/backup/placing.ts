import { link, mkdir, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { copyObject, type WantedObject } from '../archive-copy/media.ts'
import { LostMedia } from '../model/lost-media.ts'
import { syncFolder } from '../stores/directory-syncs.ts'
import type { Objects } from '../stores/objects.ts'
import { orLost } from '../stores/proven-objects.ts'

/** Errors of `link` where a link is impossible: another file system, not supported, or too many links. */
export const NO_LINKS = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])
export const TOO_MANY_LINKS = 'EMLINK'

/** Objects that are placed at the same time. */
export const PLACED_AT_ONCE = 16

/** What it took to have an object in another place. */
export type WayOfPlacing = 'linked' | 'copied' | 'there'

/**
 * Places objects of a folder in another one: by hard links, as they never change, or by copies where the other one is
 * on another file system.
 */
export class Placer {
  private readonly source: Objects
  private readonly destination: Objects
  private links = true
  /** Folders in which links were made since the last sync. */
  private readonly folders = new Set<string>()

  constructor(source: Objects, destination: Objects) {
    this.source = source
    this.destination = destination
  }

  /**
   * Places an object; a copy is durable then, and proven by what is known of its bytes, a link has the right size.
   * `checksum` is asked for a CRC-32 that is not given when the object is copied. Throws LostMedia.
   */
  async place(wanted: WantedObject, checksum?: (key: string) => number | undefined): Promise<WayOfPlacing> {
    const to = this.fileOf(this.destination, wanted.key)
    const there = await sizeOf(to)
    if (there !== undefined && there === (wanted.size ?? there)) return 'there'
    if (there !== undefined) await rm(to)
    if (this.links && (await this.link(wanted, to))) return 'linked'
    const crc32 = wanted.crc32 ?? checksum?.(wanted.key)
    await copyObject(crc32 === undefined ? wanted : { ...wanted, crc32 }, this.source, this.destination)
    return 'copied'
  }

  /** Resolves when the names of all links are on disk. */
  async sync(): Promise<void> {
    for (const folder of [...this.folders].sort().reverse()) await syncFolder(folder)
    this.folders.clear()
  }

  private async link({ key, size }: WantedObject, to: string): Promise<boolean> {
    const folder = dirname(to)
    if (!this.folders.has(folder)) await this.makeFolder(folder)
    try {
      await orLost(key, () => link(this.fileOf(this.source, key), to))
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (NO_LINKS.has(code)) this.links = false
      if (NO_LINKS.has(code) || code === TOO_MANY_LINKS) return false
      throw error
    }
    const found = await sizeOf(to)
    if (size === undefined || found === size) return true
    await rm(to)
    throw new LostMedia(key, 'damaged')
  }

  /** Every folder on the way to a link has to be synced, also those that a process made that crashed. */
  private async makeFolder(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const root = this.fileOf(this.destination, 'x').slice(0, -2)
    for (let above = folder; above.length >= root.length; above = dirname(above)) this.folders.add(above)
  }

  private fileOf(objects: Objects, key: string): string {
    const location = objects.location(key)
    if (location?.kind !== 'file') throw new Error('objects of a backup are files')
    return location.path
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

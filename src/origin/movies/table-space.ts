import type { OpenSpool, Spool } from '../../packaging/spool.ts'
import { isDiskFull } from '../../stores/resources.ts'
import { MovieRefused } from './movie-refused.ts'

/** Bounds the bytes in the sample tables of all files. */
export class TableSpace {
  private readonly openSpool: OpenSpool
  private readonly mostBytes: number
  private readonly freeSome: () => boolean
  private used = 0

  /** `freeSome` closes spools that are not in use, and returns false when there are none. */
  constructor(openSpool: OpenSpool, mostBytes: number, freeSome: () => boolean) {
    this.openSpool = openSpool
    this.mostBytes = mostBytes
    this.freeSome = freeSome
  }

  /** Opens a spool whose `append` throws MovieRefused when there is no space for more. */
  open(): Spool {
    const spool = this.openSpool()
    let own = 0
    return {
      append: async (bytes) => {
        while (this.used + bytes.length > this.mostBytes) {
          if (!this.freeSome()) throw new MovieRefused('Mp4TablesFull')
        }
        this.used += bytes.length
        own += bytes.length
        await spool.append(bytes).catch((error: unknown) => {
          throw isDiskFull(error) ? new MovieRefused('Mp4TablesFull') : error
        })
      },
      read: (range) => spool.read(range),
      close: () => {
        this.used -= own
        own = 0
        return spool.close()
      },
    }
  }
}

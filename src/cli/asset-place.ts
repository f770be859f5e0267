import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandFailed } from './terminal.ts'

/** An asset, wherever it is: objects by their names relative to its folder. */
export type AssetPlace = {
  readonly text: string
  /** Pieces of an object; undefined when it is not there. Throws CommandFailed. */
  read(name: string): Promise<AsyncIterable<Uint8Array> | undefined>
  close(): void
}

/** Opens a bucket by its name. Throws CommandFailed. */
export type OpenBucket = (bucket: string) => Promise<Omit<AssetPlace, 'text'>>

/** Time for which a server may be silent, in milliseconds. */
const SILENT_MS = 30_000

/** The place of a folder, of the URL of one, or of `s3://BUCKET/PATH`. Throws CommandFailed. */
export async function assetPlace(where: string, openBucket: OpenBucket): Promise<AssetPlace> {
  const [, bucket, path = ''] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(where) ?? []
  if (bucket !== undefined) {
    const { read, close } = await openBucket(bucket)
    return { text: where, close, read: (name) => read(path === '' ? name : `${path}/${name}`) }
  }
  return /^https?:\/\//.test(where) ? urlPlace(where) : folderPlace(where === '' ? '.' : where)
}

function folderPlace(folder: string): AssetPlace {
  return {
    text: folder,
    async read(name) {
      const path = join(folder, name)
      const isThere = await stat(path).then(
        (found) => found.isFile(),
        () => false,
      )
      return isThere ? createReadStream(path) : undefined
    },
    close() {},
  }
}

function urlPlace(folder: string): AssetPlace {
  return {
    text: folder,
    async read(name) {
      const url = `${folder}/${name.split('/').map(encodeURIComponent).join('/')}`
      const silence = new Silence(url)
      const answer = await silence.during(fetch(url, { signal: silence.signal }))
      if (answer.ok && answer.body) return silence.guarded(answer.body)
      await answer.body?.cancel()
      if (answer.status === 404 || answer.status === 403) return undefined
      throw new CommandFailed(`GET ${url} was answered ${answer.status}`)
    },
    close() {},
  }
}

/** Ends a request whose server is silent for too long. */
class Silence {
  private readonly url: string
  private readonly controller = new AbortController()

  constructor(url: string) {
    this.url = url
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Resolves as `work` does. Throws CommandFailed when it takes too long, or fails. */
  async during<T>(work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.controller.abort(), SILENT_MS)
    try {
      return await work
    } catch (error) {
      const reason = this.signal.aborted ? `was not answered for ${SILENT_MS / 1000} s` : `failed: ${reasonOf(error)}`
      throw new CommandFailed(`GET ${this.url} ${reason}`)
    } finally {
      clearTimeout(timer)
    }
  }

  async *guarded(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const pieces = body[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await this.during(pieces.next())
        if (next.done) return
        yield next.value
      }
    } finally {
      await pieces.return?.()
    }
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message : message
}

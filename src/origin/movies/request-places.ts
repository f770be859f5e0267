import { MovieRefused } from './movie-refused.ts'

/** Bounds the requests that are answered at the same time, in all and for each client. */
export class RequestPlaces {
  private readonly limits: { readonly atOnce: number; readonly atOncePerClient: number }
  private readonly byClient = new Map<string, number>()
  private taken = 0

  constructor(limits: { readonly atOnce: number; readonly atOncePerClient: number }) {
    this.limits = limits
  }

  /** Takes a place; returns what gives it back, which may be called again. Throws MovieRefused when there is none. */
  enter(client: string | undefined): () => void {
    const own = client === undefined ? 0 : (this.byClient.get(client) ?? 0)
    if (own >= this.limits.atOncePerClient) throw new MovieRefused('TooManyMp4Requests')
    if (this.taken >= this.limits.atOnce) throw new MovieRefused('Mp4Busy')
    this.taken++
    if (client !== undefined) this.byClient.set(client, own + 1)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.taken--
      if (client === undefined) return
      const left = (this.byClient.get(client) ?? 0) - 1
      if (left > 0) this.byClient.set(client, left)
      else this.byClient.delete(client)
    }
  }
}

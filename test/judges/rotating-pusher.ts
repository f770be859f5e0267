import type { Ingest } from './aws.ts'
import { type Answer, DigestClient } from './digest-client.ts'
import type { LoopRendition } from './loop.ts'
import { Pusher } from './pusher.ts'

type Node = { readonly url: string }

/** An encoder each of whose requests comes to the next node. */
export class RotatingPusher extends Pusher {
  private readonly credentials: Pick<Ingest, 'username' | 'password'>
  private readonly clients = new Map<string, DigestClient>()
  private nodes: readonly Node[]
  private turn = 0

  constructor(ingest: Ingest, renditions: readonly LoopRendition[], firstDate: number, nodes: readonly Node[]) {
    super(ingest, renditions, firstDate)
    this.credentials = ingest
    this.nodes = nodes
  }

  /** From now on its requests come to these nodes. */
  comeTo(nodes: readonly Node[]): void {
    this.nodes = nodes
  }

  override put(name: string, body: Uint8Array): Promise<Answer> {
    const { url } = this.nodes[this.turn++ % this.nodes.length]!
    const { username, password } = this.credentials
    const client = this.clients.get(url) ?? new DigestClient(username, password)
    this.clients.set(url, client)
    return client.send('PUT', `${new URL(new URL(this.urlOf(name)).pathname, url)}`, { body })
  }

  override close(): void {
    super.close()
    for (const client of this.clients.values()) client.close()
  }
}

import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type ByteCounter = {
  readonly url: string
  /** That have passed so far, both ways, of requests, answers and their heads. */
  readonly bytes: number
  stop(): void
}

/** Stands in front of a server, and counts what passes. */
export async function startByteCounter(upstream: string): Promise<ByteCounter> {
  const { hostname, port } = new URL(upstream)
  const sockets = new Set<Socket>()
  let bytes = 0
  const pass = (from: Socket, to: Socket) => {
    sockets.add(from)
    from.on('data', ({ length }: Uint8Array) => {
      bytes += length
    })
    from.on('error', () => to.destroy()).on('close', () => sockets.delete(from))
    from.pipe(to)
  }
  const server = createServer((client) => {
    const served = connect(Number(port), hostname)
    pass(client, served)
    pass(served, client)
  })
  await new Promise<void>((resolve) => server.listen(0, hostname, resolve))
  return {
    url: `http://${hostname}:${(server.address() as AddressInfo).port}`,
    get bytes() {
      return bytes
    },
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

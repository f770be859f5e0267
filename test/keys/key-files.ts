import { createServer, type Server } from 'node:http'
import { listen } from '../judges/processes.ts'
import { keyBytes, type SampleSystems } from './sample-keys.ts'

/** Gives the keys of `sampleKeys` to everybody, as files of 16 bytes, where `systems` says that they are. */
export class KeyFiles {
  readonly systems: SampleSystems
  private readonly server: Server

  private constructor(server: Server, url: string) {
    this.server = server
    this.systems = (kid) => ({ uriExtXKey: `${url}/${kid}`, keyFormat: '' })
  }

  static async start(): Promise<KeyFiles> {
    const server = createServer(({ url = '' }, response) => {
      response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'application/octet-stream' })
      response.end(keyBytes(url.slice(1)))
    })
    return new KeyFiles(server, await listen(server))
  }

  stop(): void {
    this.server.close()
    this.server.closeAllConnections()
  }
}

/**
 * What Node itself allows where Windrow serves: a page of code that answers with files and does nothing else. Started
 * as a program of its own, with a kind and a folder; its first line is the port.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually, start } from '../judges/processes.ts'
import { SERVED_ON } from './measure.ts'

/** `node:http` and `node:net` with answers in memory; `node:http` that reads a whole file for each. */
export type BareKind = 'http' | 'net' | 'files'

export type BareProgram = { readonly url: string; readonly pid: number; stop(): Promise<void> }

export async function startBareProgram(kind: BareKind, folder: string): Promise<BareProgram> {
  const [command = '', ...under] = SERVED_ON
  const { child, said, ended } = start(command, [
    ...under,
    process.execPath,
    fileURLToPath(import.meta.url),
    kind,
    folder,
  ])
  const port = await eventually('the port of a bare program', () => /^\d+$/m.exec(said())?.[0])
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

const PROGRAMS: Readonly<Record<BareKind, (folder: string) => Server>> = {
  http(folder) {
    const files = filesOf(folder)
    return createHttpServer((request, response) => {
      const body = files.get(request.url ?? '') ?? Buffer.alloc(0)
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': body.length }).end(body)
    })
  },
  net(folder) {
    const answers = new Map(
      [...filesOf(folder)].map(([path, body]) => {
        const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`
        return [path, Buffer.concat([Buffer.from(head), body])] as const
      }),
    )
    return createServer({ noDelay: true }, (socket) => {
      socket.on('data', (bytes) => {
        const line = bytes.toString('latin1', 0, bytes.indexOf('\r'))
        socket.write(answers.get(line.split(' ')[1] ?? '') ?? '')
      })
      socket.on('error', () => {})
    })
  },
  files(folder) {
    const free: Buffer[] = []
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      const file = await open(join(folder, request.url ?? ''))
      const { size } = await file.stat()
      const found = free.findLastIndex(({ length }) => length >= size)
      const buffer = found < 0 ? Buffer.allocUnsafeSlow(size) : free.splice(found, 1)[0]!
      await file.read(buffer, 0, size, 0)
      await file.close()
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': size })
      response.end(buffer.subarray(0, size), () => free.push(buffer))
    }
    return createHttpServer((request, response) => void answer(request, response))
  },
}

/** Files below a folder, by their paths with a slash before them. */
function filesOf(folder: string): ReadonlyMap<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = entries.map((entry) => join(entry.parentPath, entry.name))
  return new Map(paths.map((path) => [`/${relative(folder, path)}`, readFileSync(path)]))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [kind = '', folder = ''] = process.argv.slice(2)
  const server = PROGRAMS[kind as BareKind](folder)
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
}

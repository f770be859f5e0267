/** Preloaded into a program: it kills itself with SIGKILL at a moment that no other process would meet. */
import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'

const { KILL_AT_LINE: line, KILL_AT_PUT: put } = process.env

const kill = () => process.kill(process.pid, 'SIGKILL')

if (line !== undefined) {
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = (chunk: Uint8Array | string) => {
    const isTaken = write(chunk)
    if (String(chunk).includes(line)) kill()
    return isTaken
  }
}

if (put !== undefined) {
  let puts = 0
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { request: ClientRequest }
    if (request.method === 'PUT' && ++puts === Number(put)) kill()
  })
}

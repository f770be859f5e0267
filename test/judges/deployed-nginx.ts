import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './processes.ts'
import { startShippedNginx } from './shipped-nginx.ts'

/** A request as nginx has logged it, with the status of each node that it was sent to. */
export type LoggedRequest = {
  readonly method: string
  readonly target: string
  readonly status: number
  readonly cache: string
  readonly nodes: readonly string[]
}

export type DeployedNginx = {
  readonly url: string
  /** Ends it; gives all it has served. */
  stop(): Promise<readonly LoggedRequest[]>
}

/** A port for nginx, which must be known before there are nodes. */
export type Place = { readonly port: number; readonly url: string }

export async function placeForNginx(): Promise<Place> {
  const port = await freePort()
  return { port, url: `http://127.0.0.1:${port}` }
}

/** nginx as deploy/nginx.conf has it, with other addresses and files: of itself, and of the three nodes. */
export async function startDeployedNginx({ port, url }: Place, nodes: readonly URL[]): Promise<DeployedNginx> {
  const { running, folder } = await startShippedNginx('nginx.conf', `${url}/healthz`, (folder) => [
    ['/tmp/', `${folder}/`, 6],
    ...nodes.map(({ host }, n) => [`windrow-${n + 1}:8080`, host, 4] as const),
    ['listen 8080 ', `listen 127.0.0.1:${port} `, 1],
    ['/dev/stdout', join(folder, 'requests'), 1],
    ['/var/cache/nginx/', `${folder}/`, 1],
  ])
  return {
    url,
    async stop() {
      running.child.kill('SIGQUIT')
      await running.ended
      return readFileSync(join(folder, 'requests'), 'utf8').trim().split('\n').map(readRequest)
    },
  }
}

const LINE = /^\S+ \[\S+\] "(\S+) (\S+) [^"]*" (\d+) .* cache=(\S+) nodes="[^"]*" statuses="([^"]*)"$/

function readRequest(line: string): LoggedRequest {
  const [, method = '', target = '', status = '', cache = '', nodes = ''] = LINE.exec(line) ?? []
  if (method === '') throw new Error(`not a line of nginx's log: ${line}`)
  return { method, target, status: Number(status), cache, nodes: nodes.split(', ') }
}

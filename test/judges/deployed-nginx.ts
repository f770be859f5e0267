import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programPath } from '../programs.ts'
import { eventually, freePort, run, start, temporaryFolder } from './processes.ts'

const CONFIGURATION = fileURLToPath(new URL('../../deploy/nginx.conf', import.meta.url))

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
  const folder = temporaryFolder('deployed-nginx')
  const configuration = join(folder, 'nginx.conf')
  const requests = join(folder, 'requests')
  let text = readFileSync(CONFIGURATION, 'utf8')
  const replace = (from: string, to: string, count: number) => {
    const parts = text.split(from)
    if (parts.length !== count + 1) throw new Error(`deploy/nginx.conf has "${from}" ${parts.length - 1} times`)
    text = parts.join(to)
  }
  replace('/tmp/', `${folder}/`, 6)
  for (const [n, { host }] of nodes.entries()) replace(`windrow-${n + 1}:8080`, host, 4)
  replace('listen 8080 ', `listen 127.0.0.1:${port} `, 1)
  replace('/dev/stdout', requests, 1)
  replace('/var/cache/nginx/', `${folder}/`, 1)
  writeFileSync(configuration, text)
  const user = process.getuid?.() === 0 ? ' user root;' : ''
  const args = ['-e', 'stderr', '-p', folder, '-c', configuration, '-g', `daemon off;${user}`]
  await run(programPath('nginx'), [...args, '-t'])
  const running = start(programPath('nginx'), args)
  await eventually(`nginx at ${url}`, async () => {
    if (running.child.exitCode !== null) throw new Error(`nginx ended: ${running.said()}`)
    const response = await fetch(`${url}/healthz`).catch(() => undefined)
    return (await response?.text()) === 'ok\n' || undefined
  })
  return {
    url,
    async stop() {
      running.child.kill('SIGQUIT')
      await running.ended
      return readFileSync(requests, 'utf8').trim().split('\n').map(readRequest)
    },
  }
}

const LINE = /^\S+ \[\S+\] "(\S+) (\S+) [^"]*" (\d+) .* cache=(\S+) nodes="[^"]*" statuses="([^"]*)"$/

function readRequest(line: string): LoggedRequest {
  const [, method = '', target = '', status = '', cache = '', nodes = ''] = LINE.exec(line) ?? []
  if (method === '') throw new Error(`not a line of nginx's log: ${line}`)
  return { method, target, status: Number(status), cache, nodes: nodes.split(', ') }
}

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { programPath } from '../programs.ts'
import { eventually, freePort, start, temporaryFolder, words } from './processes.ts'

export type Nginx = {
  readonly url: string
  /** Of the worker that serves. */
  readonly workerPid: number
  stop(): Promise<void>
}

/** nginx with one worker; `server` is the inside of its server block. */
export async function startNginx(server: string, under: readonly string[] = []): Promise<Nginx> {
  const folder = temporaryFolder('nginx')
  const port = await freePort()
  const configuration = join(folder, 'nginx.conf')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  writeFileSync(
    configuration,
    `
daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; user root;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; sendfile_max_chunk 2m; tcp_nopush on; tcp_nodelay on; open_file_cache max=2000;
  keepalive_requests 100000000; types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; text/html html; text/javascript js; }
  ${paths.join(' ')}
  server { listen 127.0.0.1:${port}; ${server} }
}`,
  )
  const nginx = [programPath('nginx'), ...words(`-e ${folder}/error.log -p ${folder} -c ${configuration}`)]
  const [command = '', ...args] = [...under, ...nginx]
  const running = start(command, args)
  const url = `http://127.0.0.1:${port}`
  await eventually(`nginx at ${url}`, async () => {
    if (running.child.exitCode !== null) throw new Error(`nginx ended: ${running.said()}`)
    const response = await fetch(url).catch(() => undefined)
    await response?.arrayBuffer()
    return response && true
  })
  return {
    url,
    workerPid: childOf(running.child.pid!),
    async stop() {
      running.child.kill('SIGTERM')
      await running.ended
    },
  }
}

export function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim())
}

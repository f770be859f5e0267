import { join } from 'node:path'
import { placeForNginx } from './deployed-nginx.ts'
import { childOf, type Nginx } from './nginx.ts'
import { startShippedNginx } from './shipped-nginx.ts'
import type { Windrow } from './windrow.ts'

/** What a Windrow needs to have nginx on the same machine send its files. */
export const BEHIND_ACCEL = { WINDROW_ACCEL: 'nginx', WINDROW_TRUSTED_PROXIES: '127.0.0.1' } as const

/**
 * nginx as deploy/nginx-accel.conf has it, in front of a Windrow, with other addresses and folders; `objects` are those
 * of the Windrow unless said otherwise.
 */
export async function startAccelNginx(
  { url: windrowUrl, dataFolder }: Pick<Windrow, 'url' | 'dataFolder'>,
  { objects = join(dataFolder, 'objects'), under = [] }: { objects?: string; under?: readonly string[] } = {},
): Promise<Nginx> {
  const { port, url } = await placeForNginx()
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const temporary = (folder: string) =>
    ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`)
  const { running } = await startShippedNginx(
    'nginx-accel.conf',
    `${url}/healthz`,
    (folder) => [
      ['user www-data windrow;', user, 1],
      ['worker_processes auto;', 'worker_processes 1;', 1],
      ['/run/nginx.pid', `${folder}/pid`, 1],
      ['/var/log/nginx/', `${folder}/`, 1],
      ['types { }', `types { } ${temporary(folder).join(' ')}`, 1],
      ['127.0.0.1:8080', new URL(windrowUrl).host, 1],
      ['listen 80 ', `listen 127.0.0.1:${port} `, 1],
      ['/var/lib/windrow/objects', objects, 1],
    ],
    under,
  )
  return {
    url,
    workerPid: childOf(running.child.pid!),
    async stop() {
      running.child.kill('SIGTERM')
      await running.ended
    },
  }
}

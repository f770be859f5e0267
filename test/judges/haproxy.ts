import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { programPath } from '../programs.ts'
import { eventually, freePort, start, temporaryFolder } from './processes.ts'

export type Haproxy = { readonly url: string; stop(): Promise<void> }

/** haproxy in front of one server; `rules` are lines of its frontend. */
export async function startHaproxy(server: string, rules: readonly string[]): Promise<Haproxy> {
  const port = await freePort()
  const configuration = join(temporaryFolder('haproxy'), 'haproxy.cfg')
  writeFileSync(
    configuration,
    `
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
frontend players
  bind 127.0.0.1:${port}
  ${rules.join('\n  ')}
  default_backend origin
backend origin
  server origin ${new URL(server).host}
`,
  )
  const running = start(programPath('haproxy'), ['-q', '-db', '-f', configuration])
  const url = `http://127.0.0.1:${port}`
  await eventually(`haproxy at ${url}`, async () => {
    if (running.child.exitCode !== null) throw new Error(`haproxy ended: ${running.said()}`)
    const response = await fetch(url).catch(() => undefined)
    await response?.arrayBuffer()
    return response && true
  })
  return {
    url,
    async stop() {
      running.child.kill('SIGTERM')
      await running.ended
    },
  }
}

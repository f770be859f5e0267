import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programPath } from '../programs.ts'
import { eventually, type Running, run, start, temporaryFolder } from './processes.ts'

/** What stands in a configuration so many times, and what stands there instead in a test. */
type Replacement = readonly [from: string, to: string, count: number]

/** nginx in the foreground with a configuration of deploy/, in which only addresses, folders and users are others. */
export async function startShippedNginx(
  name: string,
  healthUrl: string,
  replacementsIn: (folder: string) => readonly Replacement[],
  under: readonly string[] = [],
): Promise<{ readonly running: Running; readonly folder: string }> {
  const folder = temporaryFolder('shipped-nginx')
  const configuration = join(folder, 'nginx.conf')
  let text = readFileSync(fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url)), 'utf8')
  for (const [from, to, count] of replacementsIn(folder)) {
    const parts = text.split(from)
    if (parts.length !== count + 1) throw new Error(`deploy/${name} has "${from}" ${parts.length - 1} times`)
    text = parts.join(to)
  }
  writeFileSync(configuration, text)
  const user = process.getuid?.() === 0 && !/^user /m.test(text) ? ' user root;' : ''
  const nginx = [programPath('nginx'), '-e', 'stderr', '-p', folder, '-c', configuration, '-g', `daemon off;${user}`]
  const [command = '', ...args] = [...under, ...nginx]
  await run(command, [...args, '-t'])
  const running = start(command, args)
  await eventually(`nginx at ${healthUrl}`, async () => {
    if (running.child.exitCode !== null) throw new Error(`nginx ended: ${running.said()}`)
    const response = await fetch(healthUrl).catch(() => undefined)
    return (await response?.text())?.startsWith('ok') || undefined
  })
  return { running, folder }
}

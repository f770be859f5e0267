/** A Debian system in a folder whose systemd runs, in a container with the network of this machine (systemd-nspawn). */
import { readFileSync, readlinkSync } from 'node:fs'
import { eventually, type Running, start } from '../judges/processes.ts'
import { command, type DebianSystem, SYSTEM_ENVIRONMENT } from './debian-system.ts'

export class BootedSystem {
  private readonly container: Running
  private readonly init: string

  private constructor(container: Running, init: string) {
    this.container = container
    this.init = init
  }

  /** Installs systemd; resolves when it has started everything. */
  static async start(system: DebianSystem): Promise<BootedSystem> {
    system.shell('apt-get update -qq && apt-get install -qq --no-install-recommends systemd systemd-sysv dbus')
    const container = start('systemd-nspawn', [
      '--quiet',
      '--register=no',
      '--keep-unit',
      '--console=pipe',
      '--directory',
      system.folder,
      '--boot',
    ])
    const booted = await eventually('systemd in the container', () => {
      if (container.child.exitCode !== null) throw new Error(`systemd-nspawn: ${container.said()}`)
      const { pid } = container.child
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
      const init = children.find(isSystemd)
      return init === undefined ? undefined : new BootedSystem(container, init)
    })
    await eventually(
      'systemd to be running',
      () => booted.says('systemctl is-system-running').startsWith('running') || undefined,
    )
    return booted
  }

  /** Runs a line of shell as root; gives what it says. Throws when it fails. */
  shell(line: string): string {
    const spaces = ['--mount', '--uts', '--ipc', '--pid', '--cgroup', '--root', '--wd']
    return command('nsenter', ['--target', this.init, ...spaces, '--', 'sh', '-ec', line], SYSTEM_ENVIRONMENT)
  }

  /** The same, whether it fails or not. */
  says(line: string): string {
    return this.shell(`${line} || true`)
  }

  async stop(): Promise<void> {
    this.says('systemctl poweroff')
    await this.container.ended
  }
}

/** The first process of the container is another program for a moment. */
function isSystemd(pid: string): boolean {
  try {
    return (
      readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'systemd' &&
      readlinkSync(`/proc/${pid}/exe`).endsWith('/systemd')
    )
  } catch {
    return false
  }
}

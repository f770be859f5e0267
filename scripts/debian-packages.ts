/** Installs programs of other people from Debian, for the tests that run them. */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

/** Debian asks this program before it starts a service; ours says no, because tests start their own. */
const POLICY = '/usr/sbin/policy-rc.d'

export const APT_INSTALL = ['apt-get', 'install', '--yes', '--no-install-recommends']

/** Whether this process may install packages at all. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0
}

/** Says what went wrong where it fails: the tests then skip what is missing. */
export function installDebianPackages(packages: readonly string[]): void {
  console.log(`Installing ${packages.join(' ')} (apt) …`)
  withoutServices(() => run(['apt-get', 'update']) && run([...APT_INSTALL, ...packages]))
}

function withoutServices(work: () => void): void {
  if (existsSync(POLICY)) {
    work()
    return
  }
  const remove = () => rmSync(POLICY, { force: true })
  process.once('exit', remove)
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    work()
  } finally {
    remove()
    process.off('exit', remove)
  }
}

function run([command = '', ...args]: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stdout, stderr, error } = spawnSync(command, args, { env, encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (status === 0) return true
  console.error(`${command} ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`)
  return false
}

/** The programs the tests run that npm does not carry: encoders, players, clients and servers by other people. */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

const PACKAGES = [
  'ffmpeg', // encodes, plays and judges
  'mediainfo', // a second opinion on what audio and video say about themselves
  'chromium', // hls.js, dash.js and shaka-player run in it
  'awscli', // API client
  'python3-boto3', // API client
  'strace', // sees what is written and synced, so that power may fail in between
  'nginx-light', // the peer of the serving benchmark
  'swift', // an S3 server: proxy, account, container and object server, and memcached
  'swift-proxy',
  'swift-account',
  'swift-container',
  'swift-object',
  'memcached',
]

/** Debian asks this program before it starts a service; ours says no, because tests start their own. */
const POLICY = '/usr/sbin/policy-rc.d'

/** Installs what is missing, when that is possible. Says what to do and answers false when it is not. */
export function installDebianPackages(): boolean {
  const missing = PACKAGES.filter((name) => !isInstalled(name))
  if (missing.length === 0) return true

  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...missing]
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.error('The tests need programs that are not installed. On Debian or Ubuntu, run this and try again:')
    console.error(`  sudo apt-get update && sudo ${install.join(' ')}`)
    return false
  }
  console.log(`Installing ${missing.join(' ')} (apt) …`)
  return withoutServices(() => run(['apt-get', 'update']) && run(install))
}

function isInstalled(name: string): boolean {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills it in.
  const format = '${db:Status-Status}'
  const query = spawnSync('dpkg-query', ['--show', `--showformat=${format}`, name], { encoding: 'utf8' })
  return query.status === 0 && query.stdout === 'installed'
}

function withoutServices(work: () => boolean): boolean {
  if (existsSync(POLICY)) return work()
  const remove = () => rmSync(POLICY, { force: true })
  process.once('exit', remove)
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return work()
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

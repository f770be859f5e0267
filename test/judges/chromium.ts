import { type Browser, chromium } from 'playwright-core'
import { programPath } from '../programs.ts'
import { words } from './processes.ts'

const FLAGS = words(`--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required`)

/** `trusted` are digests of public keys (SHA-256, base64): certificates with them are taken, whoever signed them. */
export function launchChromium(trusted: readonly string[] = []): Promise<Browser> {
  const args = trusted.length === 0 ? FLAGS : [...FLAGS, `--ignore-certificate-errors-spki-list=${trusted.join(',')}`]
  return chromium.launch({ executablePath: programPath('chromium'), headless: true, args })
}

/**
 * What people do with the console, in a real Chromium against a real server: `npm run soak -- --only console`.
 * WINDROW_CONSOLE_PATHS=NAME,NAME selects some.
 */
import { join } from 'node:path'
import { AUDIT_PATH } from '../console/audit-path.ts'
import { CHANNELS_PATH } from '../console/channels-path.ts'
import { CLIP_PATH } from '../console/clip-path.ts'
import { ConsoleBrowser } from '../console/console-browser.ts'
import type { ConsolePath } from '../console/console-path.ts'
import { ENCODERS_PATH } from '../console/encoders-path.ts'
import { FORTNIGHT_PATH } from '../console/fortnight-path.ts'
import { HOSTILE_PATH } from '../console/hostile-path.ts'
import { LISTS_PATH } from '../console/lists-path.ts'
import { NEW_USER_PATH } from '../console/new-user-path.ts'
import { REFUSALS_PATH } from '../console/refusals-path.ts'
import { SERVING_PATH } from '../console/serving-path.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'console'

const PATHS: readonly ConsolePath[] = [
  SERVING_PATH,
  AUDIT_PATH,
  HOSTILE_PATH,
  NEW_USER_PATH,
  REFUSALS_PATH,
  CHANNELS_PATH,
  LISTS_PATH,
  CLIP_PATH,
  FORTNIGHT_PATH,
  ENCODERS_PATH,
]

/** Throws for the first path that does not lead where it must. */
export async function run({ log, folder }: SoakContext): Promise<Record<string, string | number>> {
  const chosen = process.env['WINDROW_CONSOLE_PATHS']?.split(',')
  const figures: Record<string, string | number> = {}
  for (const path of PATHS.filter((each) => chosen?.includes(each.name) ?? true)) {
    const browser = await ConsoleBrowser.start()
    try {
      const picture = (of: string) => join(folder(), `${path.name}-${of}.png`)
      const found = await path.run({ browser, log: (line) => log(`${path.name}: ${line}`), picture })
      for (const [figure, value] of Object.entries(found)) figures[`${path.name}: ${figure}`] = value
      log(`${path.name}: holds`)
    } finally {
      await browser.stop()
    }
  }
  return figures
}

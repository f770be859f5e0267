/** Loaded into a program before it starts (`--import`): it prints each package of npm of which a file is loaded. */
import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'

const seen = new Set<string>()
registerHooks({
  load(url, context, next) {
    const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(url) ?? []
    if (name !== undefined && !seen.has(name)) writeSync(1, `loads ${name}\n`)
    if (name !== undefined) seen.add(name)
    return next(url, context)
  },
})

/**
 * Loaded into a program before it starts (`--import`): it prints each package of npm of which a file is loaded, and
 * when it ends, whether Node has loaded undici.
 */
import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'

const seen = new Set<string>()
const tell = (name: string) => writeSync(1, `loads ${name}\n`)
registerHooks({
  load(url, context, next) {
    const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(url) ?? []
    if (name !== undefined && !seen.has(name)) tell(name)
    if (name !== undefined) seen.add(name)
    return next(url, context)
  },
})
process.on('exit', () => {
  const { moduleLoadList = [] } = process as { moduleLoadList?: readonly string[] }
  if (moduleLoadList.length === 0) tell('nothing that can be listed')
  if (moduleLoadList.includes('NativeModule internal/deps/undici/undici')) tell('undici')
})

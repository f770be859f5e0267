import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { copySettingList } from './copy-settings.ts'
import { helpText } from './help.ts'
import { configurationReference } from './reference.ts'
import { environmentName, settingList } from './settings.ts'

describe('what is written about settings', () => {
  it('in docs/configuration.md is what `npm run docs` would write', () => {
    const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
    assert.equal(page, configurationReference(), 'run "npm run docs"')
  })

  it('in the help covers every setting', () => {
    for (const [, setting] of [...settingList, ...copySettingList]) {
      const name = setting.secret ? environmentName(setting) : `--${setting.name} `
      assert.ok(helpText().includes(name), name)
    }
  })

  it('holds: every default is a value its setting accepts', () => {
    for (const [, setting] of settingList) if ('default' in setting) setting.kind.parse(setting.default)
  })

  it('names no setting twice', () => {
    const names = [...settingList, ...copySettingList].map(([, { name }]) => name)
    assert.deepEqual(names, [...new Set(names)])
  })
})

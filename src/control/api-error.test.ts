import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import * as sdk from '@aws-sdk/client-mediapackage'
import { API_ERRORS } from './api-error.ts'

describe('the table of API errors', () => {
  const classes = Object.entries(sdk).filter(
    ([name]) => name.endsWith('Exception') && name !== 'MediaPackageServiceException',
  )

  it('has every error that the SDK has a class for', () => {
    assert.equal(classes.length, 6)
    assert.deepEqual(
      classes.map(([name]) => name).filter((name) => !(name in API_ERRORS)),
      [],
    )
  })

  it('has the same side at fault', () => {
    for (const [name, Exception] of classes) {
      const { $fault } = new (Exception as typeof sdk.NotFoundException)({ message: '', $metadata: {} })
      assert.equal(API_ERRORS[name as keyof typeof API_ERRORS].status >= 500 ? 'server' : 'client', $fault, name)
    }
  })

  it('is what docs/compatibility.md says', () => {
    const page = readFileSync(new URL('../../docs/compatibility.md', import.meta.url), 'utf8')
    const rows = Object.entries(API_ERRORS).map(([name, { status, meaning }]) => `| ${name} | ${status} | ${meaning} |`)
    assert.ok(
      page.includes(`| exception | status | when |\n| --- | --- | --- |\n${rows.join('\n')}\n\n`),
      rows.join('\n'),
    )
  })
})

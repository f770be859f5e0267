import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { openApiDocument } from './openapi.ts'
import { DESCRIBED_APIS } from './openapi-mount.ts'
import { mediaOperation, namedOperations, operation } from './typed-operation.ts'
import { NOTHING, optional, structure, TEXT, WHOLE_NUMBER } from './typed-shapes.ts'

type Schema = Readonly<Record<string, unknown>>
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Schema>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const THING = structure('Thing', { name: TEXT, count: optional(WHOLE_NUMBER) })
const OPERATIONS = {
  CreateThing: operation('POST things', { summary: 'Makes one.', body: { name: TEXT }, output: THING }),
  UpdateThing: operation('PUT things/{id}', {
    summary: 'Changes one.',
    hasEntityTag: true,
    query: { depth: optional(WHOLE_NUMBER) },
    body: { name: optional(TEXT) },
    output: THING,
  }),
  DeleteThing: operation('DELETE things/{id}', {
    summary: 'Deletes one.',
    status: 202,
    hasEntityTag: true,
    output: NOTHING,
  }),
  PictureOfThing: mediaOperation('GET things/{id}/picture', { summary: 'Shows one.', mediaType: 'image/jpeg' }),
}

const documentOf = (...operations: Parameters<typeof namedOperations>) =>
  openApiDocument('1.2.3', [
    { tag: 'Things', description: 'Of things.', prefix: 'My', operations: namedOperations(...operations) },
  ]) as unknown as Document

describe('the OpenAPI document', () => {
  it('of both APIs is one of OpenAPI 3.1, as a validator of others says', async () => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate(structuredClone(openApiDocument('1.2.3', DESCRIBED_APIS)))
    assert.ok(valid, JSON.stringify(errors, undefined, 2))
    assert.equal(validator.version, '3.1')
  })

  it('has every operation of both at its path', () => {
    const { paths } = openApiDocument('1.2.3', DESCRIBED_APIS) as unknown as Document
    const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map((each) => each['operationId']))
    const expected = DESCRIBED_APIS.flatMap(({ prefix, operations }) => operations.map(({ name }) => prefix + name))
    assert.deepEqual(new Set(ids), new Set(expected))
    assert.equal(ids.length, expected.length)
    assert.equal(paths['/channels/{id}']?.['put']?.['operationId'], 'UpdateChannel')
    assert.equal(paths['/windrow/v1/clips/{id}']?.['put']?.['operationId'], 'WindrowUpdateClip')
  })

  it('refers to nothing that it does not have', () => {
    const document = openApiDocument('1.2.3', DESCRIBED_APIS)
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)]
    assert.ok(references.length > 500)
    const components = document['components'] as Readonly<Record<string, Schema>>
    const dangling = references.filter(([, group = '', name = '']) => !(name in (components[group] ?? {})))
    assert.deepEqual(dangling, [])
  })

  it('has the members of requests in their places, and what is required', () => {
    const { paths, components } = documentOf(OPERATIONS)
    const { parameters, requestBody } = paths['/windrow/v1/things/{id}']?.['put'] ?? {}
    assert.deepEqual(parameters, [
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
      { name: 'depth', in: 'query', schema: { type: 'integer' } },
      { $ref: '#/components/parameters/IfMatch' },
    ])
    const body = { $ref: '#/components/schemas/MyUpdateThingRequest' }
    assert.deepEqual(requestBody, { content: { 'application/json': { schema: body } } })
    const name = { name: { type: 'string' } }
    assert.deepEqual(components.schemas['MyUpdateThingRequest'], { type: 'object', properties: name })
    const required = { type: 'object', properties: name, required: ['name'] }
    assert.deepEqual(components.schemas['MyCreateThingRequest'], required)
  })

  it('has the answers: success, and what may be refused', () => {
    const { paths } = documentOf(OPERATIONS)
    const statuses = (path: string, method: string) => {
      const responses = paths[`/windrow/v1/things${path}`]?.[method]?.['responses'] as Readonly<Record<string, Schema>>
      return { responses, statuses: Object.keys(responses).join(' ') }
    }
    assert.equal(statuses('', 'post').statuses, '200 403 404 412 413 422 429 500 503')
    assert.equal(statuses('/{id}', 'put').statuses, '200 403 404 412 413 422 429 500 503')
    assert.equal(statuses('/{id}', 'delete').statuses, '202 403 404 412 422 429 500 503')
    const tagged = (path: string, method: string, status: number) =>
      'ETag' in ((statuses(path, method).responses[status]?.['headers'] ?? {}) as Schema)
    assert.ok(tagged('/{id}', 'put', 200))
    assert.ok(!tagged('/{id}', 'delete', 202))
    const picture = statuses('/{id}/picture', 'get').responses['200']
    assert.deepEqual(picture?.['content'], { 'image/jpeg': {} })
  })

  it('is refused where two operations have one id, or two structures one name', () => {
    const twice = { ...OPERATIONS, CreateThing: OPERATIONS.UpdateThing }
    const api = { tag: 'Things', description: 'Of things.', prefix: '', operations: namedOperations(twice) }
    assert.throws(() => openApiDocument('1', [api, api]), /two operations have the id CreateThing/)
    const other = structure('Thing', { size: TEXT })
    const more = operation('GET others', { summary: 'Others.', output: other })
    assert.throws(() => documentOf({ ...OPERATIONS, More: more }), /two structures that differ have the name Thing/)
  })
})

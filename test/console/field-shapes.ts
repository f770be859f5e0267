import { textOf } from '../../console/src/forms/differences.ts'
import type { Field } from '../../console/src/forms/field.ts'
import type { Shape, Structure } from '../../src/control/operation.ts'

/** The controls that a shape of the API can have. */
function controlsOf(shape: Shape): readonly Field['control'][] {
  switch (shape.kind) {
    case 'string':
      return shape.values ? ['choice'] : ['text', 'moment']
    case 'integer':
      return ['number']
    case 'boolean':
      return ['switch']
    case 'map':
      return ['tags']
    case 'structure':
      return ['group']
    case 'list':
      if (shape.of.kind === 'structure') return ['list']
      return shape.of.kind === 'string' && shape.of.values ? ['choices'] : ['texts']
    case 'number':
    case 'any':
      return []
  }
}

/** Where a table of fields and the shape of a request disagree, but for those members of its body that are left out. */
export function disagreements(
  { members }: Structure,
  fields: readonly Field[],
  leftOut: readonly string[],
  prefix = '',
): string[] {
  const body = members.filter(({ place, name }) => place === 'body' && !leftOut.includes(prefix + name))
  const unknown = fields.filter(({ name }) => !body.some((member) => member.name === name))
  return [
    ...unknown.map(({ name }) => `${prefix}${name} is none of the request`),
    ...body.flatMap(({ name, shape, required }) => {
      const path = prefix + name
      const field = fields.find((each) => each.name === name)
      if (!field) return [`${path} has no field`]
      if (!controlsOf(shape).includes(field.control)) return [`${path} is ${shape.kind}, its field a ${field.control}`]
      if (field.control === 'group') {
        const wrong = field.isOptional === required ? [`${path} is ${required ? 'required' : 'optional'}`] : []
        // A stream selection is as if absent when all its members are.
        return [
          ...(name === 'streamSelection' ? [] : wrong),
          ...disagreements(shape as Structure, field.fields, leftOut, `${path}.`),
        ]
      }
      if (field.control === 'list') {
        const { of } = shape as Extract<Shape, { kind: 'list' }>
        return disagreements(of as Structure, field.fields, leftOut, `${path}.`)
      }
      if (field.control !== 'choice' && field.control !== 'choices') return []
      const { values } = (shape.kind === 'list' ? shape.of : shape) as Extract<Shape, { kind: 'string' }>
      // The empty one stands for none.
      const offered = field.options.map(({ value }) => value).filter(Boolean)
      return textOf(offered.toSorted()) === textOf([...(values ?? [])].sort()) ? [] : [`${path} offers ${offered}`]
    }),
  ]
}

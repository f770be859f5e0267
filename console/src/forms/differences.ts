import { type Field, plainText, type Request } from './field.ts'

type Step = string | number

/** A member that is not the same in what one has and in what another made of it meanwhile. */
export type Difference = {
  /** JSON path of the member. */
  readonly path: string
  /** The labels of the member and of what it is in. */
  readonly label: string
  readonly steps: readonly Step[]
  /** As it was when the change began; undefined where it was absent, as below. */
  readonly before: unknown
  readonly mine: unknown
  readonly theirs: unknown
  /** Who has changed it. */
  readonly changedBy: 'me' | 'other' | 'both'
}

type Versions = { readonly before: unknown; readonly mine: unknown; readonly theirs: unknown }

/**
 * The members in which what I would save differs from what another has saved since I began. A structure that is absent
 * in one of the three, and a list whose items are not the same by their ids, is compared as a whole.
 */
export function differencesOf(
  fields: readonly Field[],
  versions: { readonly [V in keyof Versions]: Request },
): readonly Difference[] {
  return membersOf(fields, versions, { path: '', label: '', steps: [] })
}

/** What another has saved, with my values of some members. */
export function withMine(theirs: Request, taken: readonly Difference[]): Request {
  return taken.reduce<unknown>((value, { steps, mine }) => replaced(value, steps, mine), theirs) as Request
}

type Place = Pick<Difference, 'path' | 'label' | 'steps'>

function membersOf(fields: readonly Field[], versions: Versions, place: Place): readonly Difference[] {
  const { before, mine, theirs } = versions as { readonly [V in keyof Versions]: Request }
  return fields.flatMap((field) => {
    const { name, label } = field
    const all = { before: before[name], mine: mine[name], theirs: theirs[name] }
    const here = {
      path: place.path === '' ? name : `${place.path}.${name}`,
      label: place.label === '' ? label : `${place.label} › ${label}`,
      steps: [...place.steps, name],
    }
    const values = Object.values(all)
    const areGiven = values.every((value) => value !== undefined)
    if (field.control === 'group' && areGiven) {
      return membersOf(field.fields, all, here)
    }
    if (field.control === 'list' && areGiven && new Set(values.map(idsOf)).size === 1) {
      const lists = all as { readonly [V in keyof Versions]: readonly Request[] }
      return lists.mine.flatMap((item, n) =>
        membersOf(
          field.fields,
          { before: lists.before[n], mine: item, theirs: lists.theirs[n] },
          {
            path: `${here.path}[${n}]`,
            label: `${here.label} ${plainText(item['id']) || n + 1}`,
            steps: [...here.steps, n],
          },
        ),
      )
    }
    return difference(all, here)
  })
}

function difference(versions: Versions, place: Place): readonly Difference[] {
  const [before, mine, theirs] = [versions.before, versions.mine, versions.theirs].map(textOf)
  if (mine === theirs) return []
  return [{ ...place, ...versions, changedBy: mine === before ? 'other' : theirs === before ? 'me' : 'both' }]
}

const idsOf = (list: unknown) => JSON.stringify((list as readonly Request[]).map((item) => item['id']))

/** The same text for the same value, whatever the order of members. */
export function textOf(value: unknown): string {
  return (
    JSON.stringify(value, (_, each: unknown) =>
      typeof each === 'object' && each !== null && !Array.isArray(each)
        ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : each,
    ) ?? ''
  )
}

function replaced(value: unknown, [step, ...rest]: readonly Step[], next: unknown): unknown {
  if (step === undefined) return next
  if (typeof step === 'number') {
    return (value as readonly unknown[]).map((each, n) => (n === step ? replaced(each, rest, next) : each))
  }
  const { [step]: current, ...others } = (value ?? {}) as Request
  const member = replaced(current, rest, next)
  return member === undefined ? others : { ...others, [step]: member }
}

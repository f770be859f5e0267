import type { Draft, Field, GroupDraft } from './field.ts'

/** A refusal of a request: what is said of it, at the member that it names. */
export type Refused = {
  /** The member that the form has; absent where the message names none of them. */
  readonly path?: string
  /** The server's own, without the path where that is told by the place. */
  readonly message: string
}

/**
 * The refusal that a message of the server tells: it begins with the JSON path of the member, as in
 * `hlsPackage.encryption.spekeKeyProvider.systemIds[0]: must be a UUID`. A place in a list, or a key of a map, is told
 * at the member that has it.
 */
export function refusedMember(message: string, fields: readonly Field[], draft: Draft): Refused {
  const named = /^((?:[^\s:"]|"(?:[^"\\]|\\.)*")+): /.exec(message)?.[1]
  if (named === undefined) return { message }
  const path = pathsOf(fields, draft)
    .filter((each) => named === each || named.startsWith(`${each}.`) || named.startsWith(`${each}[`))
    .toSorted((a, b) => b.length - a.length)[0]
  if (path === undefined) return { message }
  return { path, message: path === named ? message.slice(named.length + 2) : message }
}

/** The JSON paths of all members that a form has, those of structures and of places in lists among them. */
export function pathsOf(fields: readonly Field[], draft: Draft, prefix = ''): string[] {
  return fields.flatMap((field) => {
    const path = prefix + field.name
    const value = draft[field.name]
    if (field.control === 'group') {
      return [path, ...pathsOf(field.fields, (value as GroupDraft | undefined)?.members ?? {}, `${path}.`)]
    }
    if (field.control !== 'list') return [path]
    const items = (value ?? []) as readonly Draft[]
    return [path, ...items.flatMap((item, n) => [`${path}[${n}]`, ...pathsOf(field.fields, item, `${path}[${n}].`)])]
  })
}

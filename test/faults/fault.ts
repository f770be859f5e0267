/** A deliberate mistake in one place, which compiles, and the test that must notice it. */
export type Fault = {
  /** In kebab case. */
  readonly name: string
  /** What it breaks, in one sentence. */
  readonly breaks: string
  /** Path from the root of the repository. */
  readonly file: string
  /** Text that stands once in the file. */
  readonly find: string
  readonly replace: string
  readonly caughtBy: Catcher
  /** What the failing test says, so that it is known to fail because of this fault and of no other. */
  readonly failure: RegExp
}

/** A test file, or only those of its cases whose names match. */
export type Catcher = {
  /** Path from the root of the repository. */
  readonly file: string
  /** A regular expression, as `node --test-name-pattern` takes it. */
  readonly cases?: string
}

/** The text of the fault's file with the fault in it. Throws unless `find` stands there exactly once. */
export function withFault({ name, file, find, replace }: Fault, text: string): string {
  const places = text.split(find).length - 1
  if (places !== 1) throw new Error(`${name}: its text stands ${places} times in ${file}, not once`)
  return text.replace(find, () => replace)
}

/**
 * True where every case is wanted of kinds of which the gate has some: `npm run soak -- --only whole-cases` sets
 * WINDROW_TEST_WHOLE.
 */
export const IS_WHOLE = Boolean(process.env['WINDROW_TEST_WHOLE'])

/** All cases of a kind where every one is wanted, otherwise each `nth` of them, beginning with the first. */
export function someOf<Case>(cases: readonly Case[], nth: number): readonly Case[] {
  return IS_WHOLE ? cases : cases.filter((_, i) => i % nth === 0)
}

/**
 * True where every case is wanted of kinds of which the gate has some: `npm run soak -- --only protection-cases` sets
 * WINDROW_TEST_WHOLE.
 */
export const IS_WHOLE = Boolean(process.env['WINDROW_TEST_WHOLE'])

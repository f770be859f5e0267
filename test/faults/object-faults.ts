import type { Fault } from './fault.ts'

const ANSWERS = 'src/stores/s3/object-answers.test.ts'

/** In the stores of objects: what is believed of S3, what memory holds, and what a cache gives. */
export const OBJECT_FAULTS: readonly Fault[] = [
  {
    name: 'other-bytes-taken-for-stored',
    breaks: 'An object counts as stored although S3 says that it has stored other bytes.',
    file: 'src/stores/s3/proof.ts',
    find: 'if (ChecksumCRC32 === crc32) return true',
    replace: 'if (ChecksumCRC32.length === crc32.length) return true',
    caughtBy: { file: ANSWERS, cases: 'when the CRC-32 of what was stored is theirs' },
    failure: /Missing expected rejection/,
  },
  {
    name: 'missing-bucket-taken-for-lost-media',
    breaks: 'An object of a bucket that is not there counts as lost.',
    file: 'src/stores/s3/object-stream.ts',
    find: "if (isNamed(error, 404, 'NoSuchKey')) throw new NoSuchObject(key)",
    replace: 'if (answerStatus(error) === 404) throw new NoSuchObject(key)',
    caughtBy: { file: ANSWERS, cases: 'no entity tag, or another range' },
    failure: /no object k/,
  },
  {
    name: 'bodies-held-without-bound',
    breaks: 'What is received for S3 is held in memory, however much it is.',
    file: 'src/stores/s3/part-buffers.ts',
    find: 'if (this.allocated + length > this.most) return undefined',
    replace: 'if (length > this.most) return undefined',
    caughtBy: { file: ANSWERS, cases: 'are held in memory up to a bound' },
    failure: /falsy value/,
  },
  {
    name: 'deletion-taken-for-granted',
    breaks: 'An object counts as deleted although the answer does not name it.',
    file: 'src/stores/s3/removals.ts',
    find: 'const problem = outcomes.has(key) ? outcomes.get(key) : ',
    replace: 'const problem = outcomes.has(key) || removals.length > 0 ? outcomes.get(key) : ',
    caughtBy: { file: ANSWERS, cases: 'are deleted when the answer says so' },
    failure: /\+ +true/,
  },
  {
    name: 'cache-file-not-compared',
    breaks: 'A file that an earlier process left in a cache is used as it is.',
    file: 'src/stores/cache-folder/kept-files.ts',
    find: '(await this.files.isWhole(opened))',
    replace: 'opened.size > 0',
    caughtBy: {
      file: 'src/stores/cache-folder/cache-folder.test.ts',
      cases: 'asks the store for an object whose file has',
    },
    failure: /yyyy/,
  },
  {
    name: 'damaged-copy-kept',
    breaks: 'An object whose copy in a cache is damaged is lost, although the store has it.',
    file: 'src/stores/proven-objects.ts',
    find: '      await forget(key)\n      return orLost(key, work)',
    replace: '      return orLost(key, work)',
    caughtBy: { file: 'src/stores/proven-objects.test.ts', cases: 'come from the store again' },
    failure: /is damaged/,
  },
]

import { OPERATIONS } from '../src/control/mediapackage-v1/operations.ts'
import { type Operation, pathTemplate } from '../src/control/operation.ts'
import { WINDROW_MEDIA_OPERATIONS, WINDROW_OPERATIONS } from '../src/control/windrow-operations.ts'

/** The text of console/src/api/operations.ts: where operations are, for a client that has nothing of the server. */
export function apiOperationsModule(): string {
  return `// Written by \`npm run docs\` from the operations in src/control.

/** The method and the path of each operation, where {name} stands for an encoded segment. */
export const API_OPERATIONS = {
  /** Of AWS Elemental MediaPackage v1. */
  mediaPackage: {
${linesOf(OPERATIONS)}
  },
  /** Of Windrow itself. */
  windrow: {
${linesOf([...WINDROW_OPERATIONS, ...WINDROW_MEDIA_OPERATIONS])}
  },
} as const
`
}

const linesOf = (operations: readonly Operation[]) =>
  operations.map((each) => `    ${each.name}: ['${each.method}', '${pathTemplate(each)}'],`).join('\n')

/** Loaded into a server before it starts (`--import`): it writes how its responses differ from its own document. */
import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isMainThread } from 'node:worker_threads'
import { DIFFERENCE, watchApiAnswers } from './api-answers.ts'

type Described = typeof import('../../src/control/openapi.ts') & typeof import('../../src/control/openapi-mount.ts')

/** The server's own modules, which it has loaded by then. */
function documentOfServer(): object {
  const require = createRequire(import.meta.url)
  const [{ openApiDocument }, { DESCRIBED_APIS }] = ['openapi', 'openapi-mount'].map(
    (name) => require(`../../dist/control/${name}.js`) as Described,
  ) as [Described, Described]
  return openApiDocument('0.0.0', DESCRIBED_APIS)
}

if (isMainThread) {
  watchApiAnswers(documentOfServer, (difference) => writeSync(2, `${DIFFERENCE}${difference}\n`))
}

/** Loaded into a server before it starts (`--import`): it writes how its responses differ from its own document. */
import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isMainThread } from 'node:worker_threads'

type Described = typeof import('../../src/control/openapi.ts') & typeof import('../../src/control/openapi-mount.ts')

/** Loaded when the first answer is watched: it is made of the sources that the server is built of. */
function documentOfServer(): object {
  const require = createRequire(import.meta.url)
  const [{ openApiDocument }, { DESCRIBED_APIS }] = ['openapi', 'openapi-mount'].map(
    (name) => require(`../../src/control/${name}.ts`) as Described,
  ) as [Described, Described]
  return openApiDocument('0.0.0', DESCRIBED_APIS)
}

// Threads of a server have it loaded as well, and answer nothing: they shall not load what it needs.
if (isMainThread) {
  const { DIFFERENCE, watchApiAnswers } = await import('./api-answers.ts')
  watchApiAnswers(documentOfServer, (difference) => writeSync(2, `${DIFFERENCE}${difference}\n`))
}

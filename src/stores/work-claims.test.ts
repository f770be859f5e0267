import { workClaimsContract } from './work-claims.contract.ts'
import { SOLE_CLAIMS } from './work-claims.ts'

workClaimsContract('A process alone', () => Promise.resolve(SOLE_CLAIMS))

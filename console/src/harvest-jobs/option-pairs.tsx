import type { HarvestReport } from '../../../src/control/harvest-operations.ts'
import type { RuleReport } from '../../../src/control/rule-operations.ts'
import { CopiedText } from '../copying/copied-text.tsx'
import { type Pairs, ValuePairs } from '../layout/value-pairs.tsx'

type Options = Pick<RuleReport, 'deliverables' | 'cut' | 'gapPolicy' | 'earlyEndPolicy' | 'encryption' | 'report'>

/** Where assets are written, and with which options. */
export function OptionPairs({
  title,
  destination: { bucketName, manifestKey, roleArn },
  options: { deliverables, cut = 'SEGMENT', gapPolicy, earlyEndPolicy, encryption = 'AS_SERVED', report },
  others = {},
}: {
  readonly title: string
  readonly destination: HarvestReport['s3Destination']
  readonly options: Options
  readonly others?: Pairs
}) {
  return (
    <ValuePairs
      title={title}
      pairs={{
        Bucket: bucketName,
        'Manifest key': <CopiedText text={manifestKey} label="Copy the manifest key" />,
        'Role ARN': roleArn,
        Deliverables: deliverables
          ? deliverables.map(({ kind, name }) => (name === undefined ? kind : `${kind} (${name})`)).join(', ')
          : 'As the endpoint',
        Cut: cut,
        'Gap policy': gapPolicy,
        'Early end policy': earlyEndPolicy,
        Encryption: encryption,
        'harvest.json': report ? 'Written' : 'Not written',
        ...others,
      }}
    />
  )
}

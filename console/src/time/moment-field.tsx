import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import type { ReactNode } from 'react'
import { type EnteredMoment, type EntryContext, enteredMoment } from './moment-entry.ts'
import { serverNow } from './server-clock.ts'
import { useTicking } from './ticking.ts'
import { useZones } from './zone-choice.ts'

type MomentFieldProps = Pick<EntryContext, 'frameRate' | 'from'> & {
  readonly label: string
  readonly description?: ReactNode
  /** What stands in the field. */
  readonly value: string
  readonly onChange: (value: string) => void
  /** Why the server, or the form, refuses it; undefined where nothing is wrong. */
  readonly error?: string | undefined
  /** An empty field is no problem. */
  readonly isOptional?: boolean
  readonly disabled?: boolean
}

/** A field for a moment as people write it, which tells what it understood. */
export function MomentField({
  label,
  description,
  value,
  onChange,
  error,
  isOptional,
  disabled,
  ...rest
}: MomentFieldProps) {
  const { zone } = useZones()
  // An age goes on while the field is looked at.
  const told = useTicking((now) => sentenceOf(enteredMoment(value, { ...rest, now, zone })))
  const isEmpty = value.trim() === ''
  const problem = told.startsWith(PROBLEM) && !isEmpty ? told.slice(PROBLEM.length) : undefined
  return (
    <FormField
      label={
        isOptional ? (
          <>
            {label} <i>– optional</i>
          </>
        ) : (
          label
        )
      }
      description={description}
      errorText={error ?? problem}
      constraintText={isEmpty ? 'Such as 21:30, yesterday 21:30:05, -10m or now' : problem === undefined && told}
    >
      <Input
        value={value}
        onChange={({ detail }) => onChange(detail.value)}
        disabled={disabled ?? false}
        autoComplete={false}
        spellcheck={false}
      />
    </FormField>
  )
}

/** The moment that such a field has now, for the API; undefined where it is empty or not understood. */
export function momentInField(
  value: string,
  context: Pick<EntryContext, 'zone' | 'frameRate' | 'from'>,
): string | undefined {
  const entered = enteredMoment(value, { ...context, now: serverNow() })
  return 'at' in entered ? new Date(entered.at).toISOString() : undefined
}

const PROBLEM = '! '

function sentenceOf(entered: EnteredMoment): string {
  return 'at' in entered ? entered.understood : PROBLEM + entered.problem
}

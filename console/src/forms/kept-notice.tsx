import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'

/** Says that a form has what was written earlier and never saved, and lets it be given up. */
export function KeptNotice({ isKept, onRestart }: { readonly isKept: boolean; readonly onRestart: () => void }) {
  if (!isKept) return null
  return (
    <Alert type="info" action={<Button onClick={onRestart}>Begin anew</Button>}>
      This form has what you wrote earlier in this tab and did not save.
    </Alert>
  )
}

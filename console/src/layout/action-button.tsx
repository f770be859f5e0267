import Button, { type ButtonProps } from '@cloudscape-design/components/button'
import Popover from '@cloudscape-design/components/popover'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useMutation, useQueryClient } from '@tanstack/react-query'

type ActionButtonProps = {
  readonly label: string
  readonly act: () => Promise<unknown>
  readonly variant?: ButtonProps.Variant
}

/** A button that does something at once; a refusal stands beside it. */
export function ActionButton({ label, act, variant = 'normal' }: ActionButtonProps) {
  const queries = useQueryClient()
  const { mutate, error, isPending } = useMutation({
    mutationFn: act,
    onSuccess: () => void queries.invalidateQueries(),
  })
  return (
    <>
      {error && (
        <Popover header={`${label} was refused`} content={error.message}>
          <StatusIndicator type="error">Refused</StatusIndicator>
        </Popover>
      )}
      <Button variant={variant} loading={isPending} onClick={() => mutate()}>
        {label}
      </Button>
    </>
  )
}

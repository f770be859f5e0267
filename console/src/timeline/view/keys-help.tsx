import Modal from '@cloudscape-design/components/modal'
import { BINDINGS, keyName } from '../model/keys.ts'

const POINTER = [
  ['Wheel, or two fingers', 'Look closer, or show more'],
  ['Wheel with Shift', 'Show what is before, or after'],
  ['Drag on the rows', 'Show what is before, or after'],
  ['Drag on the ruler', 'Move the playhead'],
  ['Drag on the strip below it', 'Select'],
  ['Double click on the rows', 'Select what is there'],
  ['Drag a handle', 'Move the in point or the out point'],
] as const

/** What keys and pointers do on the timeline. */
export function KeysHelp({ visible, onDismiss }: { readonly visible: boolean; readonly onDismiss: () => void }) {
  return (
    <Modal visible={visible} onDismiss={onDismiss} header="Keys of the timeline" closeAriaLabel="Close">
      <p>They work while the timeline has the focus: press Tab until the playhead has it, or click on the timeline.</p>
      <table className="timeline-keys">
        <tbody>
          {BINDINGS.map((binding) => (
            <tr key={binding.command}>
              <th scope="row">
                <kbd>{keyName(binding)}</kbd>
              </th>
              <td>{binding.help}</td>
            </tr>
          ))}
          {POINTER.map(([what, help]) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td>{help}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  )
}

import qrcode from 'qrcode-generator'
import './qr-code.css'

/** Modules of white around a code, as ISO/IEC 18004 wants. */
const QUIET_ZONE = 4

/** A URL as a QR code. */
export function QrCode({ url, label }: { readonly url: string; readonly label: string }) {
  const code = qrcode(0, 'M')
  code.addData(url)
  code.make()
  const modules = Array.from({ length: code.getModuleCount() }, (_, n) => n)
  const dark = modules.flatMap((row) =>
    modules.filter((column) => code.isDark(row, column)).map((column) => `M${column} ${row}h1v1h-1z`),
  )
  const size = modules.length + 2 * QUIET_ZONE
  return (
    <svg
      className="qr-code"
      role="img"
      aria-label={label}
      viewBox={`${-QUIET_ZONE} ${-QUIET_ZONE} ${size} ${size}`}
      shapeRendering="crispEdges"
    >
      <rect x={-QUIET_ZONE} y={-QUIET_ZONE} width={size} height={size} fill="#fff" />
      <path d={dark.join('')} fill="#000" />
    </svg>
  )
}

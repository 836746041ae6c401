import { generate } from 'lean-qr'
import { toSvgPath } from 'lean-qr/extras/svg'
import type { VNode } from 'preact'
import { useMemo } from 'preact/hooks'

/** Free modules around a code, without which readers do not find it (ISO/IEC 18004). */
const QUIET = 4

/** A text as a QR code, black on white whatever the colours around it. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }): VNode {
  const { path, size } = useMemo(() => {
    const code = generate(text)
    return { path: toSvgPath(code), size: code.size }
  }, [text])
  const side = size + 2 * QUIET
  return (
    <svg
      class="qr"
      viewBox={`${-QUIET} ${-QUIET} ${side} ${side}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
    >
      <rect x={-QUIET} y={-QUIET} width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}

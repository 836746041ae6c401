import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IMAGE_BYTES, NotAnImage, sniffImage } from '../../src/docs/image-type.js'
import { largePng, png } from '../support/pictures.js'

const text = (content: string): Uint8Array => new TextEncoder().encode(content)

/** The headers of files of other programs, cut to what tells their size. */
const WEBP = Uint8Array.from([
  ...text('RIFF'),
  22,
  0,
  0,
  0,
  ...text('WEBPVP8L'),
  10,
  0,
  0,
  0,
  0x2f,
  0x02,
  0xc0,
  0x00,
  0x00,
  0,
  0,
  0,
  0,
  0,
])
const JPEG = Uint8Array.from([
  0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 11, 8, 0, 20, 0, 30, 1, 1, 0x11, 0, 0xff, 0xd9,
])

describe('what an image is told by', () => {
  test('its bytes: PNG, JPEG and WebP, with their size in pixels', () => {
    expect(sniffImage(png(7, 5, [1, 2, 3]))).toMatchObject({ type: 'image/png', width: 7, height: 5 })
    expect(sniffImage(JPEG)).toMatchObject({ type: 'image/jpeg', width: 30, height: 20 })
    expect(sniffImage(WEBP)).toMatchObject({ type: 'image/webp', width: 3, height: 4 })
  })

  test.each([
    ['an SVG', text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['a page', text('<!doctype html><script>alert(1)</script>')],
    ['a GIF', text('GIF89a\u0001\u0001')],
    ['nothing', new Uint8Array()],
    ['a PNG with a page behind it', Uint8Array.from([...png(1, 1, [0, 0, 0]), ...text('<script>')])],
    ['a PNG that is cut', png(9, 9, [0, 0, 0]).subarray(0, 60)],
    ['a WebP with a page behind it', Uint8Array.from([...WEBP, ...text('<script>')])],
    ['more bytes than are taken', largePng(IMAGE_BYTES + 1, [1, 1, 1])],
    ['more pixels than are taken', pretending(65_535)],
  ])('R1 refuses %s', (_what, bytes) => {
    expect(() => sniffImage(bytes)).toThrow(NotAnImage)
  })

  test('R1 whatever bytes come, it is an image or a named refusal', () => {
    const begun = fc.constantFrom(png(3, 3, [9, 9, 9]), JPEG, WEBP)
    fc.assert(
      fc.property(begun, fc.uint8Array({ maxLength: 40 }), fc.nat(), (image, noise, at) => {
        const bytes = Uint8Array.from(image)
        bytes.set(noise.subarray(0, Math.max(0, bytes.length - (at % bytes.length))), at % bytes.length)
        try {
          expect(sniffImage(bytes).width).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toBeInstanceOf(NotAnImage)
        }
      }),
    )
  })
})

function pretending(side: number): Uint8Array {
  const bytes = png(1, 1, [0, 0, 0])
  new DataView(bytes.buffer).setUint32(16, side)
  return bytes
}

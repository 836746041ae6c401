import type { Request, Response } from 'express'
import type { ImagesRequest } from '../docs/generated/types.js'
import { bodyOf, queryOf } from '../protocol/http.js'
import { Refused } from '../protocol/problem.js'
import { mustBeOwnShop } from './caller.js'
import { notForIntake } from './fleet.js'
import type { Relay } from './relay.js'
import type { Routes } from './routes.js'

/** Images of a terminal's own shop, and of a shop for people. */
export function imageApi(routes: Routes, relay: Relay): void {
  const { images } = relay

  routes.on('images', async (request, response, { identity }) => {
    notForIntake(identity)
    const asked = bodyOf<ImagesRequest>(request, 'relay-api.schema.json#/$defs/ImagesRequest')
    response.json(await images.about(identity, asked.images))
  })

  routes.on('imagePart', async (request, response, { identity }) => {
    notForIntake(identity)
    const offset = request.get('upload-offset') ?? ''
    if (!/^\d{1,15}$/.test(offset))
      throw new Refused('invalid', 'no-offset', 'The header Upload-Offset must give the byte to go on at.')
    if (!(request.body instanceof Uint8Array))
      throw new Refused('invalid', 'no-bytes', 'A part is sent as application/octet-stream.')
    response.json({
      offset: await images.append(identity, hashIn(request), Number(offset), request.body),
    })
  })

  routes.on('image', async (request, response, { identity }) => {
    notForIntake(identity)
    answer(request, response, await images.read(identity.shop, hashIn(request)))
  })

  routes.on('shopImage', async (request, response, caller) => {
    const name = queryOf(request, 'shop')
    const shop = name === undefined ? undefined : relay.shops.byName(name)
    mustBeOwnShop(caller, shop?.id)
    if (!shop) throw new Refused('notFound', 'unknown-shop', 'Name a shop of this relay: ?shop=…')
    answer(request, response, await images.read(shop.id, hashIn(request)))
  })
}

/** All of an image, or the one range that is asked for. */
function answer(request: Request, response: Response, image: { bytes: Uint8Array; type: string }): void {
  const { bytes, type } = image
  const [range] = rangesOf(request, bytes.length)
  response.type(type).set({ 'accept-ranges': 'bytes' })
  if (!range) {
    response.end(bytes)
    return
  }
  response
    .status(206)
    .set({ 'content-range': `bytes ${range.start}-${range.end}/${bytes.length}` })
    .end(bytes.subarray(range.start, range.end + 1))
}

/** One range (RFC 9110, 14.2); a header that is none is ignored, one beyond the end is refused. */
function rangesOf(request: Request, size: number) {
  const ranges = request.range(size, { combine: true })
  if (ranges === -1) throw new Refused('invalid', 'no-such-range', `The image has ${size} bytes.`)
  return ranges === undefined || ranges === -2 || ranges.type !== 'bytes' ? [] : ranges
}

/** @throws Refused `no-such-image` */
function hashIn(request: Request): string {
  const sha256 = String(request.params['sha256'])
  if (!/^[0-9a-f]{64}$/.test(sha256))
    throw new Refused('notFound', 'no-such-image', 'An image is named by 64 hexadecimal digits.')
  return sha256
}

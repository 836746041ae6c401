import express, { Router } from 'express'
import type {
  ImageForceResult,
  ImageGiven,
  ImagesAnswer,
  ImageSyncResult,
  ImageTaken,
  WorkProgress,
} from '../../docs/generated/types.js'
import { IMAGE_BYTES } from '../../docs/image-type.js'
import { answerLong, queryOf } from '../../protocol/http.js'
import { Refused } from '../../protocol/problem.js'
import type { Told } from '../../protocol/told.js'
import type { Agent } from '../agent.js'
import { personOf } from './person.js'

/** Images of items, and their sync. */
export function imagesApi(agent: Agent): Router {
  const api = Router()
  const { images } = agent

  api.get('/images', async (_request, response) => {
    const answer: ImagesAnswer = { ...images.figures(), wanted: await images.wanted() }
    response.json(answer)
  })
  api.get('/images/:sha256', async (request, response) => {
    const { sha256 } = request.params
    if (!/^[0-9a-f]{64}$/.test(sha256))
      throw new Refused('notFound', 'image-not-here', 'An image is named by 64 hexadecimal digits.')
    const { bytes, type } = await images.show(sha256)
    // Its name is its content, which never changes.
    response.type(type).set('cache-control', 'private, max-age=31536000, immutable').end(bytes)
  })
  // What its sender calls it counts for nothing: it is told by its bytes.
  const body = express.raw({ type: () => true, limit: IMAGE_BYTES })
  api.put('/items/:sku/image', body, async (request, response) => {
    const by = personOf(agent, response, { by: queryOf(request, 'by') })
    if (!(request.body instanceof Uint8Array))
      throw new Refused('invalid', 'no-bytes', 'The bytes of the image are the body of the request.')
    const image: ImageGiven = await images.set(by, request.params.sku, request.body)
    agent.syncer.pushSoon()
    response.status(201).json(image)
  })
  api.delete('/items/:sku/image', async (request, response) => {
    const by = personOf(agent, response, { by: queryOf(request, 'by') })
    await agent.catalogue.edit(by, 'take image away', [{ sku: request.params.sku, image: '' }])
    agent.syncer.pushSoon()
    const answer: ImageTaken = { image: null }
    response.json(answer)
  })
  api.post('/images/sync', async (request, response) => {
    await answerLong<WorkProgress, Told<ImageSyncResult>>(request, response, (progress, signal) =>
      images.sync(signal, progress),
    )
  })
  api.post('/images/force', async (request, response) => {
    await answerLong<WorkProgress, Told<ImageForceResult>>(request, response, (progress, signal) =>
      images.force(signal, progress),
    )
  })

  return api
}

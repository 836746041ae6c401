import { readFile, stat } from 'node:fs/promises'
import { IMAGE_BYTES, NotAnImage, sniffImage } from '../docs/image-type.js'
import { Refused } from '../protocol/problem.js'
import { naming } from '../storage/named-errors.js'

/**
 * A picture that a person named, looked at before it is sent.
 * @throws Refused `not-an-image`; what Node throws where there is no such file
 */
export async function readImage(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > IMAGE_BYTES) throw new NotAnImage(`it has ${size} bytes`)
    const bytes = new Uint8Array(await readFile(path))
    sniffImage(bytes)
    return bytes
  } catch (error) {
    if (error instanceof NotAnImage) throw new Refused('invalid', 'not-an-image', `${path}: ${error.message}`)
    throw naming(path, error)
  }
}

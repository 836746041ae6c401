import { createPrivateKey, X509Certificate } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import type { RelayConfig } from '../docs/generated/types.js'
import { Refused } from '../protocol/problem.js'
import { readText } from './input-file.js'

export interface TlsFiles {
  readonly tlsCert?: string
  readonly tlsKey?: string
}

/** The files of the command line, or else those of the config file, which stand relative to it. */
export function tlsFilesOf(options: TlsFiles, config: RelayConfig, configPath: string | undefined): TlsFiles {
  if (options.tlsCert !== undefined || options.tlsKey !== undefined || configPath === undefined)
    return options
  const beside = (path: string): string => resolve(dirname(configPath), path)
  return {
    ...(config.tlsCert === undefined ? {} : { tlsCert: beside(config.tlsCert) }),
    ...(config.tlsKey === undefined ? {} : { tlsKey: beside(config.tlsKey) }),
  }
}

/**
 * Reads certificate and key, and makes sure that they belong together before anything is served with them.
 * @throws Refused `tls-needs-both`, `bad-certificate`, `bad-key`, `key-of-another-certificate`
 */
export async function readTls({
  tlsCert,
  tlsKey,
}: TlsFiles): Promise<{ cert: string; key: string } | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new Refused(
      'invalid',
      'tls-needs-both',
      'TLS needs a certificate and its key: give both --tls-cert and --tls-key (tlsCert and tlsKey in the config), or neither.',
    )
  }
  const [cert, key] = [await readText(tlsCert), await readText(tlsKey)]
  const certificate = understood('bad-certificate', tlsCert, 'certificate', () => new X509Certificate(cert))
  const privateKey = understood('bad-key', tlsKey, 'private key without a passphrase', () =>
    createPrivateKey(key),
  )
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new Refused(
      'invalid',
      'key-of-another-certificate',
      `The key in ${tlsKey} does not belong to the first certificate in ${tlsCert}.`,
    )
  }
  return { cert, key }
}

function understood<T>(code: string, path: string, what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new Refused('invalid', code, `${path} holds no ${what} in PEM: ${(error as Error).message}`)
  }
}

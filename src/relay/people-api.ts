import type { Response } from 'express'
import type {
  Done,
  NewPassword,
  NewPerson,
  PersonList,
  PersonView,
  UserSignIn,
} from '../docs/generated/types.js'
import { bodyOf, queryOf } from '../protocol/http.js'
import { Refused } from '../protocol/problem.js'
import { keyOfAddress } from './addresses.js'
import { Buckets, tooManyRequests, type BucketSize } from './buckets.js'
import { cookieName, nameOf } from './caller.js'
import type { Person } from './people.js'
import { SIGNED_IN_MS } from './people.js'
import type { Relay } from './relay.js'
import type { Routes } from './routes.js'

/** Wrong passwords only: ten typing errors, and 60 guesses an hour after them, from wherever they come. */
export const ACCOUNT_GUESSES: BucketSize = { burst: 10, perSecond: 1 / 60 }
/** An office behind one address makes more typing errors than one person. */
export const ADDRESS_GUESSES: BucketSize = { burst: 30, perSecond: 1 / 20 }

const body = 'relay-api.schema.json#/$defs/'
const DONE: Done = {}

/** Signing in and out, and who may. */
export function peopleApi(routes: Routes, relay: Relay): void {
  const now = (): number => relay.now().getTime()
  const guesses = {
    account: new Buckets(ACCOUNT_GUESSES, now),
    address: new Buckets(ADDRESS_GUESSES, now),
  }

  routes.on('signIn', async (request, response) => {
    const { name, password } = bodyOf<UserSignIn>(request, `${body}UserSignIn`)
    const address = keyOfAddress(request.ip)
    const account = name.normalize('NFKC').trim().toLowerCase()
    const counted = [
      [guesses.address, address],
      [guesses.account, account],
    ] as const
    const known = relay.people.knows(name)
    const about = { ...(known ? { person: name } : {}), address: request.ip ?? '' }
    const taken: (readonly [Buckets, string])[] = []
    const giveBack = (): void => taken.forEach(([buckets, key]) => buckets.giveBack(key))
    for (const [buckets, key] of counted) {
      const seconds = buckets.take(key)
      if (seconds === 0) taken.push([buckets, key])
      else {
        giveBack()
        const reason = 'more wrong passwords than are looked at'
        await relay.incidents.note({ kind: 'sign-in-refused', code: 'too-many-guesses', reason, ...about })
        throw tooManyRequests('too-many-guesses', 'There were too many wrong passwords.', seconds)
      }
    }
    let entered: Awaited<ReturnType<typeof relay.people.signIn>>
    try {
      entered = await relay.people.signIn(name, password)
    } catch (error) {
      giveBack()
      throw error
    }
    if (!entered) {
      // A name nobody has may be a password that was typed into the wrong field: it is not written down.
      const reason = known ? 'a wrong password' : 'a name nobody has'
      await relay.incidents.note({ kind: 'sign-in-refused', code: 'wrong-password', reason, ...about })
      throw new Refused(
        'unauthenticated',
        'wrong-password',
        'This is not the name and password of anyone here.',
      )
    }
    giveBack()
    relay.log.info({ person: entered.person.name, address: request.ip }, 'signed in')
    setCookie(response, request.secure, entered.session, SIGNED_IN_MS)
    response.json(shown(relay, entered.person))
  })

  routes.on('signOut', (request, response, { session }) => {
    relay.people.signOut(session)
    relay.watch.streams.lookAgain()
    setCookie(response, request.secure, '', 0)
    response.json(DONE)
  })

  routes.on('me', (_request, response, { person }) => {
    response.json(shown(relay, person))
  })

  routes.on('people', (_request, response) => {
    const answer: PersonList = { people: relay.people.list().map((person) => shown(relay, person)) }
    response.json(answer)
  })

  routes.on('personAdd', async (request, response, caller) => {
    const { name, role, shop: shopName, password } = bodyOf<NewPerson>(request, `${body}NewPerson`)
    const shop = shopName === undefined ? undefined : relay.shops.byName(shopName)
    if (shopName !== undefined && !shop) {
      throw new Refused('notFound', 'unknown-shop', `There is no shop ${shopName} here. Found it first.`)
    }
    if ((role === 'manager') !== (shop !== undefined)) {
      throw new Refused(
        'invalid',
        'managers-have-a-shop',
        'A manager is bound to a shop, and nobody else is: give --shop with --role manager only.',
      )
    }
    const person = await relay.people.add({ name, role, ...(shop ? { shop: shop.id } : {}) }, password)
    relay.log.info({ person: person.name, role, by: nameOf(caller) }, 'a person may sign in')
    response.status(201).json(shown(relay, person))
  })

  routes.on('personPassword', async (request, response, caller) => {
    const { name, password } = bodyOf<NewPassword>(request, `${body}NewPassword`)
    await relay.people.setPassword(name, password)
    relay.watch.streams.lookAgain()
    relay.log.info({ person: name, by: nameOf(caller) }, 'a person has a new password')
    response.json(DONE)
  })

  routes.on('personRemove', async (request, response, caller) => {
    const name = queryOf(request, 'name')
    if (!name) throw new Refused('invalid', 'invalid-query', 'Name the person: ?name=…')
    await relay.people.remove(name)
    relay.watch.streams.lookAgain()
    relay.log.info({ person: name, by: nameOf(caller) }, 'a person may not sign in any more')
    response.json(DONE)
  })
}

function shown(relay: Relay, { shop, ...person }: Person): PersonView {
  if (shop === undefined) return person
  return { ...person, shop: relay.shops.all().find(({ id }) => id === shop)?.name ?? shop }
}

function setCookie(response: Response, secure: boolean, value: string, maxAge: number): void {
  response.cookie(cookieName(secure), value, {
    httpOnly: true,
    sameSite: 'strict',
    secure,
    maxAge,
    path: '/',
  })
}

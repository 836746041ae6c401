import { InvalidArgumentError } from 'commander'
import { describe, expect, test } from 'vitest'
import {
  choiceOption,
  countOption,
  dateOption,
  digitsOption,
  patternOption,
  portOption,
  printable,
  rateOption,
  taxOption,
} from '../../src/cli/context.js'
import { messages } from '../../src/cli/logger.js'

type Parser = (text: string) => unknown

const role = choiceOption(['till', 'manager'])
const time = patternOption(/^\d\d:\d\d$/, 'It is a time.')

describe('values of options', () => {
  test.each<[string, Parser, string, unknown]>([
    ['port', portOption, '0', 0],
    ['port', portOption, '65535', 65_535],
    ['count', countOption, '1', 1],
    ['count', countOption, '007', 7],
    ['digits', digitsOption, '4', 4],
    ['rate', rateOption, '5/s', 5],
    ['rate', rateOption, '0.5', 0.5],
    ['choice', role, 'manager', 'manager'],
    ['date', dateOption, '2028-02-29', '2028-02-29'],
    ['date', dateOption, '0001-01-01', '0001-01-01'],
    [
      'tax',
      taxOption,
      'CGST:9+SGST:9',
      [
        { name: 'CGST', rate: '9' },
        { name: 'SGST', rate: '9' },
      ],
    ],
    ['tax', taxOption, 'none', []],
    ['time', time, '23:59', '23:59'],
  ])('%s: %# is taken', (_name, parse, text, value) => {
    expect(parse(text)).toEqual(value)
  })

  test.each<[string, Parser, string[]]>([
    ['port', portOption, ['65536', '-1', '80.0', '0x50', '1e3', '', ' 80', 'http']],
    ['count', countOption, ['0', '-1', '1.5', '', '9007199254740993', 'ten']],
    ['digits', digitsOption, ['5', '-1', '', '2.0', 'two']],
    ['rate', rateOption, ['0', '0.0/s', '-5', '5/m', '', '/s', '1e5', 'Infinity']],
    ['choice', role, ['boss', '', 'Manager', '__proto__']],
    [
      'date',
      dateOption,
      [
        '2026-02-31',
        '2026-02-29',
        '2026-04-31',
        '2026-13-01',
        '2026-00-10',
        '2026-01-00',
        '2026-1-1',
        '26-01-01',
        '01/02/2026',
        '2026-01-01T00:00:00Z',
        '+002026-01-01',
        '',
      ],
    ],
    ['tax', taxOption, ['VAT', 'VAT:', 'VAT:200', 'VAT:-1', 'VAT:5+VAT:5', ':5']],
    ['time', time, ['25', '']],
  ])('R1 %s: anything else is refused with what it should be', (_name, parse, texts) => {
    for (const text of texts) {
      expect(() => parse(text), text).toThrow(InvalidArgumentError)
      expect(() => parse(text), text).toThrow(/\.$/)
    }
  })
})

describe('what is printed for people', () => {
  test('R1 a name that another terminal chose cannot steer the screen of who reads it', () => {
    const name = 'Tea\u001B]0;title\u0007\u001B[2J\r\u009B31m\u007F'
    expect(printable(`${name}\n\tCafé, ₹ 5`)).toBe(
      'Tea\uFFFD]0;title\uFFFD\uFFFD[2J\uFFFD\uFFFD31m\uFFFD\n\tCafé, ₹ 5',
    )
  })

  test('the log of a command that ends is messages: errors only, and no stack', () => {
    const written: string[] = []
    const log = messages((text) => written.push(text))
    log.info({}, 'paired')
    log.warn({}, 'something odd')
    log.error({ route: 'GET /v1/status', error: String(new Error('broken').stack) }, 'a request failed')
    log.error({ damage: { path: 'documents/a' } }, 'a damaged file was moved to quarantine')
    log.error({}, 'that is all')
    expect(written).toEqual([
      'counterfoil: a request failed (route: GET /v1/status, error: Error: broken)\n',
      'counterfoil: a damaged file was moved to quarantine (damage: {"path":"documents/a"})\n',
      'counterfoil: that is all\n',
    ])
  })
})

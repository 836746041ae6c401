import { describe, expect, test } from 'vitest'
import { readCatalogueFile } from '../../src/cli/catalogue-file.js'
import { DEMO_CATALOGUE } from '../../src/cli/demo-catalogue.js'
import { useFiles } from './files.js'

const file = useFiles()

async function read(name: string, content: string) {
  return readCatalogueFile(await file(`${name}.csv`, content), 2)
}

describe('a catalogue file', () => {
  test('columns are found by any of their names; a cell that is empty changes nothing', async () => {
    const content =
      'StockCode,Description,UnitPrice,Tax,HSN,Barcode,Stock,Withdrawn,Supplier\n' +
      'TEA, Assam tea ,145.00,CGST:2.50+SGST:2.5,0902,890 891,120,no,x\n' +
      'SALT,,,,,,,,\n' +
      'PEN,,0.125,none,,,0,yes,\n'
    expect(await read('names', content)).toEqual({
      items: [
        {
          sku: 'TEA',
          name: 'Assam tea',
          price: { minor: 14_500 },
          tax: 'CGST:2.5+SGST:2.5',
          hsn: '0902',
          barcodes: ['890', '891'],
          withdrawn: false,
        },
        { sku: 'SALT' },
        { sku: 'PEN', price: { minor: 125, per: 10 }, tax: '', withdrawn: true },
      ],
      received: [
        { sku: 'TEA', quantity: '120' },
        { sku: 'PEN', quantity: '0' },
      ],
    })
  })

  test('the catalogue of the demo can be read', async () => {
    const { items, received } = await read('demo', DEMO_CATALOGUE)
    expect(items).toHaveLength(24)
    expect(received).toHaveLength(24)
  })

  test('R1 every mistake is named with its row, and nothing is imported', async () => {
    const content = [
      'sku,name,price,tax,barcodes,received,withdrawn',
      'A,Tea,1.0O,,,,',
      'B,Tea,-2,,,,',
      'C,Tea,3,VAT,,,',
      'D,Tea,3,VAT:200,,,',
      'E,Tea,4,,,,',
      'E,Tea,4,,,,',
      ',Tea,4,,,,',
      `${'S'.repeat(81)},Tea,4,,,,`,
      'F,Tea,4,,,many,',
      'G,Tea,4,,,,perhaps',
      '',
    ].join('\n')
    const error = await read('mistakes', content).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ kind: 'invalid', code: 'bad-rows' })
    const { message } = error as Error
    expect(message).toMatch(/^Nothing was imported\. /)
    for (const mistake of [
      'row 2: "1.0O" cannot be used as a price',
      'row 3: the price -2 is negative',
      'row 4: The tax "VAT" cannot be used',
      'row 5: The tax "VAT:200" cannot be used: the rate 200 of VAT is not between 0 and 100 percent',
      'row 7: "E" stands in the file twice',
      'row 8: it has no SKU',
      'row 9: The row as an item is not valid at /sku: must NOT have more than 80 characters',
      'row 10: "many" cannot be used as a received',
      'row 11: "perhaps" is neither yes nor no',
    ])
      expect(message).toContain(mistake)
    expect(message).not.toContain('row 6')
    expect(message).not.toContain('..')
  })

  test('R1 of very many mistakes the first ten are named and the others counted', async () => {
    const rows = Array.from({ length: 25 }, (_, index) => `S${index},Tea,x\n`).join('')
    await expect(read('many', `sku,name,price\n${rows}`)).rejects.toThrow(/row 11: [^;]*; and 15 more\.$/)
  })

  test.each([
    ['without prices', 'sku,name\nA,Tea\n', /lacks the column price\. It has sku, name\./],
    ['that is empty', '', /lacks the columns sku, name, price\. It has none\./],
    ['with a header and no rows', 'sku,name,price\n', /holds no items\./],
  ])('R1 a file %s is refused', async (name, content, message) => {
    await expect(read(name, content)).rejects.toThrow(message)
  })
})

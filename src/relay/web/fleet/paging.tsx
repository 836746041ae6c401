import { number } from '../format.js'
import { t } from '../messages/language.js'
import { Button } from '../parts/button.js'
import { page, pages, turnTo } from './choosing.js'

export function Paging() {
  if (pages.value === 1) return null
  return (
    <div class="row">
      <Button work={() => turnTo(page.value - 1)} disabled={page.value === 0}>
        {t('page-before')}
      </Button>
      <span role="status">{t('page-of', { page: number(page.value + 1), pages: number(pages.value) })}</span>
      <Button work={() => turnTo(page.value + 1)} disabled={page.value === pages.value - 1}>
        {t('page-next')}
      </Button>
    </div>
  )
}

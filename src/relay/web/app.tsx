import { render } from 'preact'
import { Page } from './page.js'
import { begin } from './state/session.js'

const root = document.getElementById('app')
if (!root) throw new Error('index.html lacks #app')
render(<Page />, root)
void begin()

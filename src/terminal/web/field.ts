/**
 * A text field whose value belongs to the bill. What is being typed is never overwritten by what comes from elsewhere,
 * and what the agent refused stays in the field.
 */
export class Field {
  readonly #save: (text: string) => Promise<boolean>
  readonly #failed: (error: unknown) => void
  #input: HTMLInputElement | undefined
  #shown = ''
  #saving: { readonly text: string; readonly done: Promise<void> } | undefined

  /**
   * @param save resolves to false where there is no bill yet to hold it
   * @param failed told of what was refused when the field was left; a commit throws it instead
   */
  constructor(save: (text: string) => Promise<boolean>, failed: (error: unknown) => void) {
    this.#save = save
    this.#failed = failed
  }

  /** The element it is; null when it is taken off the page. */
  readonly attach = (input: HTMLInputElement | null): void => {
    if (input === null || input === this.#input) return
    this.#input = input
    input.value = this.#shown
    input.addEventListener('change', () => {
      this.commit().catch(this.#failed)
    })
  }

  focus(): void {
    this.#input?.focus()
    this.#input?.select()
  }

  /** Shows what the bill holds. */
  show(text: string): void {
    if (this.#input?.value === this.#shown) this.#input.value = text
    this.#shown = text
  }

  /** Forgets what was typed: the next bill begins. */
  clear(): void {
    this.#shown = ''
    if (!this.#input) return
    this.#input.value = ''
    this.#input.removeAttribute('aria-invalid')
  }

  /** Saves what was typed and not saved yet. */
  async commit(): Promise<void> {
    if (!this.#input?.isConnected) return
    const text = this.#input.value
    if (this.#saving?.text === text) return this.#saving.done
    if (text === this.#shown) {
      this.#input.removeAttribute('aria-invalid')
      return
    }
    const done = this.#run(this.#input, text)
    this.#saving = { text, done }
    try {
      await done
    } finally {
      if (this.#saving?.done === done) this.#saving = undefined
    }
  }

  async #run(input: HTMLInputElement, text: string): Promise<void> {
    try {
      if (!(await this.#save(text))) return
      input.removeAttribute('aria-invalid')
      // The bill may spell it in another way: 2.50 as 2.5.
      if (input.value === text) input.value = this.#shown
    } catch (error) {
      input.setAttribute('aria-invalid', 'true')
      throw error
    }
  }
}

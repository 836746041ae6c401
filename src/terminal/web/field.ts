/**
 * A text field whose value belongs to the bill. What is being typed is never overwritten by what comes from elsewhere,
 * and what the agent refused stays in the field.
 */
export class Field {
  readonly input: HTMLInputElement
  readonly #save: (text: string) => Promise<boolean>
  #shown = ''
  #saving: { readonly text: string; readonly done: Promise<void> } | undefined

  /**
   * @param save resolves to false where there is no bill yet to hold it
   * @param failed told of what was refused when the field was left; a commit throws it instead
   */
  constructor(
    input: HTMLInputElement,
    save: (text: string) => Promise<boolean>,
    failed: (error: unknown) => void,
  ) {
    this.input = input
    this.#save = save
    input.addEventListener('change', () => {
      this.commit().catch(failed)
    })
  }

  /** Shows what the bill holds. */
  show(text: string): void {
    if (this.input.value === this.#shown) this.input.value = text
    this.#shown = text
  }

  /** Forgets what was typed: the next bill begins. */
  clear(): void {
    this.#shown = ''
    this.input.value = ''
    this.input.removeAttribute('aria-invalid')
  }

  /** Saves what was typed and not saved yet. */
  async commit(): Promise<void> {
    const text = this.input.value
    if (this.#saving?.text === text) return this.#saving.done
    if (text === this.#shown) {
      this.input.removeAttribute('aria-invalid')
      return
    }
    const done = this.#run(text)
    this.#saving = { text, done }
    try {
      await done
    } finally {
      if (this.#saving?.done === done) this.#saving = undefined
    }
  }

  async #run(text: string): Promise<void> {
    try {
      if (!(await this.#save(text))) return
      this.input.removeAttribute('aria-invalid')
      // The bill may spell it in another way: 2.50 as 2.5.
      if (this.input.value === text) this.input.value = this.#shown
    } catch (error) {
      this.input.setAttribute('aria-invalid', 'true')
      throw error
    }
  }
}

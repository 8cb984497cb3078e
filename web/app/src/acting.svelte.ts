/** Does what a view is asked for, and keeps in words what failed. */
import { asFault, type FaultWords, faultWords, type Place } from "./faults";

export class Acting {
  /** Of the last deed; whoever shows it may also clear it. */
  fault: FaultWords | null = $state.raw(null);
  readonly #place: () => Place;

  constructor(place: () => Place) {
    this.#place = place;
  }

  /** Does it, and never throws. */
  async act(work: () => Promise<unknown>): Promise<void> {
    this.fault = null;
    try {
      await work();
    } catch (error) {
      this.fault = faultWords(asFault(error), this.#place());
    }
  }
}

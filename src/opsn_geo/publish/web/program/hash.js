// What is shown, kept in the address of the page so that a view can be sent, and undone by the browser's Back.

/**
 * Read "#level=epci&theme=x" as an object.
 * @type {(hash: string) => Record<string, string>}
 */
export const readHash = (hash) => Object.fromEntries(new URLSearchParams(hash.replace(/^#/, "")));

/**
 * Write an object as an address fragment, without what is empty.
 * @param {Partial<Choices>} values
 */
export function writeHash(values) {
  const kept = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return `#${new URLSearchParams(kept)}`;
}

/**
 * A store of the page's choices: get(), set(changes), replace(changes), on(listener(now, before)).
 * `valid` mends whatever a hand-written address may hold.
 * @param {(wanted: Partial<Choices>) => Choices} valid
 * @returns {Store}
 */
export function createStore(valid) {
  let now = valid(readHash(location.hash));
  /** @type {((now: Choices, before: Choices) => void)[]} */
  const listeners = [];
  /** @type {(next: Choices) => void} */
  const move = (next) => {
    const before = now;
    now = next;
    for (const listener of listeners) listener(now, before);
  };
  addEventListener("hashchange", () => move(valid(readHash(location.hash))));
  return {
    get: () => now,
    on: (listener) => listeners.push(listener),
    /** Change choices. The address comes first: what listeners replace belongs to the new entry of the history. */
    set(changes) {
      const next = valid({ ...now, ...changes });
      if (writeHash(next) !== writeHash(now)) history.pushState(null, "", writeHash(next));
      move(next);
    },
    /**
     * Change what is no choice, such as where the map stands: Back does not go through it. It is written into the
     * address as it stands: the browser may have gone to another entry, and not said so yet.
     */
    replace(changes) {
      const next = valid({ ...readHash(location.hash), ...changes });
      history.replaceState(null, "", writeHash(next));
      move(next);
    },
  };
}

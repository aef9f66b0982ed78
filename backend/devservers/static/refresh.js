// Shows the page's newest state every second. What did not change stays the same node, so that it keeps the scroll
// position, the selection and the focus.
const main = document.querySelector("main");

/** Loads the page and shows it. Without an answer it says so, until the next load. */
export async function refresh() {
  try {
    const address = location.href;
    const response = await fetch(address, { cache: "no-store" });
    if (!response.ok) throw new Error(response.statusText);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    // Another phone was chosen meanwhile.
    if (location.href !== address) return;
    update(main, document.adoptNode(page.querySelector("main")));
  } catch {
    const state = document.getElementById("state");
    const { unreachable } = state.dataset;
    if (state.textContent !== unreachable) state.textContent = unreachable;
    state.classList.add("state--lost");
  }
}

/**
 * Makes `shown` equal to `fresh`. Elements with an ID are matched by it, and all others by their position: what comes
 * and goes, and what must outlast that of its neighbours, needs an ID.
 */
function update(shown, fresh) {
  updateAttributes(shown, fresh);
  const ids = new Set(Array.from(fresh.children, ({ id }) => id));
  for (const child of [...shown.children]) if (child.id && !ids.has(child.id)) child.remove();
  let place = shown.firstChild;
  for (const child of [...fresh.childNodes]) {
    const known = child.id ? [...shown.children].find(({ id }) => id === child.id) : isLike(place, child) && place;
    if (!known) {
      child.classList?.add("new");
      shown.insertBefore(child, place);
      continue;
    }
    if (known !== place) shown.insertBefore(known, place);
    if (known.nodeType !== Node.ELEMENT_NODE) {
      if (known.data !== child.data) known.data = child.data;
    } else if (!known.isEqualNode(child)) update(known, child);
    place = known.nextSibling;
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function isLike(node, other) {
  return node?.nodeName === other.nodeName && !node.id;
}

function updateAttributes(shown, fresh) {
  for (const name of new Set([...shown.getAttributeNames(), ...fresh.getAttributeNames()])) {
    const value = fresh.getAttribute(name);
    // A person opens and closes details.
    if (name === "open" || value === shown.getAttribute(name)) continue;
    if (value === null) shown.removeAttribute(name);
    else shown.setAttribute(name, value);
  }
}

async function keepRefreshing() {
  await refresh();
  setTimeout(keepRefreshing, 1000);
}

setTimeout(keepRefreshing, 1000);

function openSource(mark) {
  const source = mark && document.getElementById(mark.hash.slice(1))
  const box = source?.closest("details")
  if (!box) return false
  if (!box.open) box.querySelector("summary").click()
  setTimeout(() => {
    box.scrollIntoView({ block: "nearest" })
    box.querySelector("summary").focus({ preventScroll: true })
  }, 300)
  return true
}

function clickOnMark(event) {
  if (openSource(event.target.closest?.("a.mark"))) event.preventDefault()
}

function closeSidebarOnPhone(event) {
  const chosen = event.target.closest?.('[class*="st-key-open-"], .st-key-new-conversation, .st-key-undo-delete')
  if (!chosen || window.innerWidth > 768) return
  setTimeout(() => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click(), 300)
}

// Streamlit's own words, which it says in English alone: each in the visitor's language, also where it is drawn again.
let spoken = new Map()
const NAMES = ["aria-label", "placeholder", "title"]

function translate(node) {
  if (node.nodeType === Node.TEXT_NODE) {
    const words = spoken.get(node.nodeValue.trim())
    if (words) node.nodeValue = words
  } else if (node.nodeType === Node.ELEMENT_NODE) {
    for (const name of NAMES) if (spoken.has(node.getAttribute(name))) node.setAttribute(name, spoken.get(node.getAttribute(name)))
    node.childNodes.forEach(translate)
  }
}

function translateChanges(changes) {
  for (const change of changes) change.type === "childList" ? change.addedNodes.forEach(translate) : translate(change.target)
}

export default function ({ data }) {
  const root = document.documentElement
  root.lang = data.language
  spoken = new Map(Object.entries(data.spoken))
  translate(document.body)
  if (root.dataset.marks) return
  root.dataset.marks = "open"
  document.addEventListener("click", clickOnMark)
  document.addEventListener("click", closeSidebarOnPhone)
  new MutationObserver(translateChanges).observe(document.body, { childList: true, characterData: true, subtree: true })
  // A mark clicked before this script was there has only changed the address.
  if (location.hash) openSource([...document.querySelectorAll("a.mark")].find((mark) => mark.hash === location.hash))
}

function openSource(event) {
  const mark = event.target.closest?.("a.mark")
  const source = mark && document.getElementById(mark.hash.slice(1))
  const box = source?.closest("details")
  if (!box) return
  event.preventDefault()
  if (!box.open) box.querySelector("summary").click()
  setTimeout(() => {
    box.scrollIntoView({ block: "nearest" })
    box.querySelector("summary").focus({ preventScroll: true })
  }, 300)
}

function closeSidebarOnPhone(event) {
  const chosen = event.target.closest?.('[class*="st-key-open-"], .st-key-new-conversation, .st-key-undo-delete')
  if (!chosen || window.innerWidth > 768) return
  setTimeout(() => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click(), 300)
}

export default function ({ data }) {
  const root = document.documentElement
  root.lang = data.language
  if (root.dataset.marks) return
  root.dataset.marks = "open"
  document.addEventListener("click", openSource)
  document.addEventListener("click", closeSidebarOnPhone)
}

function land(wanted, focus, tries) {
  const target = wanted.map((id) => document.getElementById(id)).find(Boolean)
  if (target) {
    target.scrollIntoView()
    if (focus) target.focus({ preventScroll: true })
  } else if (tries > 0) setTimeout(() => land(wanted, focus, tries - 1), 50)
}

export default function ({ data }) {
  if (window.resguardoLanded === data.key) return
  window.resguardoLanded = data.key
  const fragment = data.fragment ? location.hash.slice(1) : ""
  const wanted = [fragment, fragment && data.prefix + fragment, data.target].filter(Boolean)
  if (wanted.length) land(wanted, data.fragment, 200) // 10 s
  else document.querySelector("main")?.scrollTo(0, 0)
}

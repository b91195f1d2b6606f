export default function ({ data, parentElement }) {
  if (parentElement.landed === data.key) return
  parentElement.landed = data.key
  const fragment = data.fragment ? location.hash.slice(1) : ""
  const wanted = [fragment, fragment && data.prefix + fragment, data.target].filter(Boolean)
  const land = (tries) => {
    const target = wanted.map((id) => document.getElementById(id)).find(Boolean)
    if (target) {
      target.scrollIntoView()
      if (data.fragment) target.focus({ preventScroll: true })
    } else if (tries > 0) setTimeout(() => land(tries - 1), 50)
  }
  if (wanted.length) land(60)
}

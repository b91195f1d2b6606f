export default function ({ data, parentElement }) {
  if (parentElement.dataset.landed === data.key) return
  parentElement.dataset.landed = data.key
  const wanted = [location.hash.slice(1), data.prefix + location.hash.slice(1), data.prefix + data.section]
  const land = (tries) => {
    const target = wanted.filter((id) => id && id !== data.prefix).map((id) => document.getElementById(id)).find(Boolean)
    if (target) {
      target.scrollIntoView()
      target.focus({ preventScroll: true })
    } else if (tries > 0) setTimeout(() => land(tries - 1), 50)
  }
  if (data.section || location.hash) land(60)
}

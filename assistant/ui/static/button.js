async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text)
  const area = document.createElement("textarea")
  area.value = text
  document.body.append(area)
  area.select()
  document.execCommand("copy")
  area.remove()
}

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button")
  const status = parentElement.querySelector("[role=status]")
  button.textContent = data.label
  button.onclick = async () => {
    if (data.action === "print") return window.print()
    await copy(data.text)
    status.textContent = data.done
    setTimeout(() => (status.textContent = ""), 3000)
  }
}

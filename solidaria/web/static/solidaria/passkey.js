// Passkeys: say it on the page when the browser could not do it; nothing else. The library's own scripts do the rest.
document.addEventListener('allauth.error', function (event) {
  event.preventDefault()
  const told = document.getElementById('passkey-failed')
  if (told) told.hidden = false
})
document.addEventListener('DOMContentLoaded', function () {
  if (!window.PublicKeyCredential) {
    document.querySelectorAll('.passkey').forEach(function (button) { button.hidden = true })
  }
})
